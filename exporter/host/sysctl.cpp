// kernel/threads-max     "192587\n"
// net/ipv4/tcp_rmem      "4096\t131072\t6291456\n"
#include "exporter/host/sysctl.h"

#include <algorithm>

#include "exporter/core/number_text.h"
#include "exporter/core/scan.h"
#include "exporter/core/text.h"
#include "exporter/host/options.h"

namespace exporter {
namespace {

constexpr Family kValue{"node_sysctl_", "The value of this kernel setting.", MetricType::kUntyped};
constexpr Family kIndexed{
    "node_sysctl_", "The values of this kernel setting.", MetricType::kUntyped, {"index"}};
constexpr Family kInfo{"node_sysctl_info",
                       "A kernel setting as text; always 1.",
                       MetricType::kGauge,
                       {"index", "name", "value"}};

constexpr CollectorOption kOptions[] = {
    {"sysctl.include", "", "settings to report as numbers, as name or name:key,key", true},
    {"sysctl.include-info", "", "settings to report as text", true},
};

class SysctlCollector final : public Collector {
 public:
  SysctlCollector(const HostContext& context, const std::vector<std::string>& numbers,
                  const std::vector<std::string>& texts) {
    add(context, numbers, numbers_);
    add(context, texts, texts_);
  }

  std::string_view name() const override { return "sysctl"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    Result<void> result;
    const auto keep_first = [&result](const Result<void>& one) {
      if (result && !one) result = one;
    };
    for (Setting& setting : numbers_) keep_first(write_numbers(setting, scrape, out));
    out.family(kInfo);
    for (Setting& setting : texts_) keep_first(write_text(setting, scrape, out));
    return result;
  }

 private:
  struct Setting {
    SysctlSpec spec;
    KernelFile file;
  };

  static void add(const HostContext& context, const std::vector<std::string>& texts,
                  std::vector<Setting>& to) {
    for (const std::string& text : texts) {
      SysctlSpec spec = parse_sysctl_spec(text);
      KernelFile file(context.roots.procfs + "/sys/" + sysctl_path(spec.name));
      to.push_back({std::move(spec), std::move(file)});
    }
  }

  Result<void> write_numbers(Setting& setting, const Scrape& scrape, SampleWriter& out) {
    const auto text = setting.file.read(scrape.buffer);
    if (!text) return std::unexpected(text.error());
    values_.clear();
    std::string_view rest = trimmed(*text);
    while (!rest.empty()) {
      const auto value = next_integer(rest);
      if (!value) {
        return fail(ErrorKind::kParse,
                    setting.file.path() + ": not a number: '" + printable(rest, 64) + "'");
      }
      values_.push_back(*value);
      skip_blanks(rest);
    }
    const SysctlSpec& spec = setting.spec;
    if (values_.empty() || (!spec.keys.empty() && spec.keys.size() != values_.size())) {
      return fail(ErrorKind::kParse,
                  setting.file.path() + ": has " + std::to_string(values_.size()) +
                      " values, not " + std::to_string(std::max<std::size_t>(1, spec.keys.size())));
    }
    for (std::size_t i = 0; i < spec.keys.size(); ++i) {
      out.named(kValue, {spec.name, "_", spec.keys[i]}, values_[i]);
    }
    if (!spec.keys.empty()) return {};
    if (values_.size() == 1) {
      out.named(kValue, {spec.name}, values_[0]);
      return {};
    }
    out.named_family(kIndexed, {spec.name});
    for (std::size_t i = 0; i < values_.size(); ++i) out.add(values_[i], NumberText(i));
    return {};
  }

  static Result<void> write_text(Setting& setting, const Scrape& scrape, SampleWriter& out) {
    const auto text = setting.file.read(scrape.buffer);
    if (!text) return std::unexpected(text.error());
    std::string_view rest = trimmed(*text);
    for (std::size_t i = 0; !rest.empty(); ++i) {
      out.add(1, NumberText(i), setting.spec.name, next_word(rest));
      skip_blanks(rest);
    }
    return {};
  }

  std::vector<Setting> numbers_;
  std::vector<Setting> texts_;
  std::vector<Number> values_;
};

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  const auto numbers = list_option(context, "sysctl.include");
  const auto texts = list_option(context, "sysctl.include-info");
  for (const std::string& text : texts) {
    if (text.contains(':')) {
      return fail(ErrorKind::kInvalid, "--collector.sysctl.include-info: '" + text +
                                           "': the values of a text have no names");
    }
  }
  return std::make_unique<SysctlCollector>(context, numbers, texts);
}

}  // namespace

SysctlSpec parse_sysctl_spec(std::string_view text) {
  const std::size_t colon = text.find(':');
  SysctlSpec spec{std::string(text.substr(0, colon)), {}};
  while (colon != text.npos && !text.empty()) {
    text.remove_prefix(spec.keys.empty() ? colon + 1 : 0);
    const std::size_t comma = std::min(text.find(','), text.size());
    spec.keys.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return spec;
}

std::string sysctl_path(std::string_view name) {
  const bool dotted = name.find_first_of("./") == name.find('.');
  std::string path(name);
  if (dotted) {
    for (char& c : path) c = c == '.' ? '/' : c == '/' ? '.' : c;
  }
  return path;
}

CollectorRow sysctl_row() {
  return {"sysctl", false, "kernel settings named by flags (/proc/sys)", kOptions, make};
}

}  // namespace exporter
