// PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
// VERSION_ID="12"
// SUPPORT_END=2028-06-30
#include "exporter/host/os.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr std::array<std::string_view, 12> kInfoLabels{
    "build_id",    "id",      "id_like",    "image_id", "image_version",    "name",
    "pretty_name", "variant", "variant_id", "version",  "version_codename", "version_id"};
constexpr std::array<std::string_view, kInfoLabels.size()> kInfoKeys{
    "BUILD_ID",    "ID",      "ID_LIKE",    "IMAGE_ID", "IMAGE_VERSION",    "NAME",
    "PRETTY_NAME", "VARIANT", "VARIANT_ID", "VERSION",  "VERSION_CODENAME", "VERSION_ID"};

constexpr Family info_family() {
  Family family{"node_os_info", "The operating system; always 1."};
  std::ranges::copy(kInfoLabels, family.labels.begin());
  return family;
}
constexpr Family kInfo = info_family();
constexpr Family kVersion{"node_os_version",
                          "Major and minor number of the operating system's version.",
                          MetricType::kGauge,
                          {"id", "id_like", "name"}};
constexpr Family kSupportEnd{"node_os_support_end_timestamp_seconds",
                             "When the operating system's support ends, Unix time."};

class OsCollector final : public Collector {
 public:
  explicit OsCollector(const HostContext& context)
      : paths_{context.roots.rootfs + "/etc/os-release",
               context.roots.rootfs + "/usr/lib/os-release"} {}

  std::string_view name() const override { return "os"; }

  Result<void> collect(const Scrape&, SampleWriter& out) override {
    const Result<void> result = refresh();
    if (!result) return result;
    const auto value = [this](std::string_view key) -> std::string_view {
      const auto found = release_.find(key);
      return found == release_.end() ? std::string_view() : found->second;
    };
    std::array<std::string_view, kInfoKeys.size()> labels;
    for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = value(kInfoKeys[i]);
    out.family(kInfo);
    out.add_labels(1, labels);
    out.family(kVersion);
    if (const auto version = os_version(value("VERSION_ID"))) {
      out.add(*version, value("ID"), value("ID_LIKE"), value("NAME"));
    }
    out.family(kSupportEnd);
    if (const auto end = support_end(value("SUPPORT_END"))) out.add(*end);
    return {};
  }

 private:
  // Which file it was, and which version of it.
  struct Seen {
    std::size_t path = 0;
    ino_t inode = 0;
    off_t size = 0;
    std::int64_t changed_s = 0;
    std::int64_t changed_ns = 0;
    bool operator==(const Seen&) const = default;
  };

  Result<void> refresh() {
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      struct stat status{};
      if (::stat(paths_[i].c_str(), &status) != 0) continue;
      const Seen now{i, status.st_ino, status.st_size, status.st_mtim.tv_sec,
                     status.st_mtim.tv_nsec};
      if (now == seen_) return {};
      const auto text = read_file(paths_[i]);
      if (!text) return std::unexpected(text.error());
      release_ = parse_os_release(*text);
      seen_ = now;
      return {};
    }
    seen_ = {};
    return fail(ErrorKind::kNotFound, paths_[0] + ": neither this nor " + paths_[1] + " is there");
  }

  std::array<std::string, 2> paths_;
  Seen seen_;
  std::map<std::string, std::string, std::less<>> release_;
};

// Inside double quotes a backslash escapes one of $ " \ `, outside quotes any character.
std::string without_quotes(std::string_view text) {
  std::string plain;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (c == '\\' && next != '\0' && quote != '\'' &&
        (quote == 0 || std::string_view("$\"\\`").contains(next))) {
      plain += next;
      ++i;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == quote) {
      quote = 0;
    } else {
      plain += c;
    }
  }
  return plain;
}

}  // namespace

std::map<std::string, std::string, std::less<>> parse_os_release(std::string_view text) {
  std::map<std::string, std::string, std::less<>> release;
  std::string_view line;
  while (next_line(text, line)) {
    line = trimmed(line);
    const std::size_t equals = line.find('=');
    if (line.starts_with('#') || equals == line.npos || equals == 0) continue;
    release.insert_or_assign(std::string(line.substr(0, equals)),
                             without_quotes(line.substr(equals + 1)));
  }
  return release;
}

std::optional<double> os_version(std::string_view version_id) {
  std::size_t end = std::min(version_id.find_first_not_of("0123456789"), version_id.size());
  if (end < version_id.size() && end > 0 && version_id[end] == '.') {
    end = std::min(version_id.find_first_not_of("0123456789", end + 1), version_id.size());
  }
  const auto version = to_number<double>(version_id.substr(0, end));
  return version && *version > 0 ? version : std::nullopt;
}

std::optional<std::int64_t> support_end(std::string_view date) {
  if (date.size() != 10 || date[4] != '-' || date[7] != '-') return std::nullopt;
  const auto year = to_number<std::uint16_t>(date.substr(0, 4));
  const auto month = to_number<std::uint8_t>(date.substr(5, 2));
  const auto day = to_number<std::uint8_t>(date.substr(8, 2));
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day when{std::chrono::year(*year), std::chrono::month(*month),
                                         std::chrono::day(*day)};
  if (!when.ok()) return std::nullopt;
  return std::chrono::sys_seconds(std::chrono::sys_days(when)).time_since_epoch().count();
}

CollectorRow os_row() {
  return {"os", true, "the operating system (os-release)", {}, make_collector<OsCollector>};
}

}  // namespace exporter
