#include "exporter/host/options.h"

#include <string>

#include "exporter/core/scan.h"

namespace exporter {
namespace {

std::string flag(std::string_view name) { return "--collector." + std::string(name); }

Result<NameFilter> make_filter(std::string_view flag_name, const std::string& include,
                               const std::string& exclude) {
  auto filter = NameFilter::make(include, exclude);
  if (!filter) return fail(ErrorKind::kInvalid, flag(flag_name) + ": " + filter.error().message);
  return filter;
}

std::int64_t unit_ns(std::string_view unit) {
  if (unit == "ns") return 1;
  if (unit == "us") return 1'000;
  if (unit == "ms") return 1'000'000;
  if (unit == "s") return 1'000'000'000;
  if (unit == "m") return 60'000'000'000;
  if (unit == "h") return 3'600'000'000'000;
  return 0;
}

// 0 when text is no duration, or one too long to count.
std::int64_t parse_duration_ns(std::string_view text) {
  std::int64_t total = 0;
  while (!text.empty()) {
    const auto number = next_number<std::uint32_t>(text);
    const std::string_view unit = text.substr(0, text.find_first_of("0123456789"));
    std::int64_t part = 0;
    if (!number || unit_ns(unit) == 0 ||
        __builtin_mul_overflow(std::int64_t{*number}, unit_ns(unit), &part) ||
        __builtin_add_overflow(total, part, &total)) {
      return 0;
    }
    text.remove_prefix(unit.size());
  }
  return total;
}

}  // namespace

Result<NameFilter> filter_option(const HostContext& context, std::string_view include,
                                 std::string_view exclude) {
  const std::string included = context.option(include);
  if (included.empty()) return make_filter(exclude, "", context.option(exclude));
  if (context.is_set(exclude) && !context.option(exclude).empty()) {
    return fail(ErrorKind::kInvalid,
                flag(include) + " and " + flag(exclude) + " cannot be given together");
  }
  return make_filter(include, included, "");
}

Result<NameFilter> filter_option(const HostContext& context, std::string_view include) {
  return make_filter(include, context.option(include), "");
}

Result<NameFilter> exclude_option(const HostContext& context, std::string_view exclude) {
  return make_filter(exclude, "", context.option(exclude));
}

std::vector<std::string> list_option(const HostContext& context, std::string_view name) {
  std::vector<std::string> values;
  const std::string text = context.option(name);
  std::string_view rest(text);
  std::string_view line;
  while (next_line(rest, line)) {
    if (!line.empty()) values.emplace_back(line);
  }
  return values;
}

Result<bool> flag_option(const HostContext& context, std::string_view name) {
  const std::string value = context.option(name);
  if (value == "true") return true;
  if (value == "false") return false;
  return fail(ErrorKind::kInvalid, flag(name) + ": '" + value + "' is neither true nor false");
}

Result<std::int64_t> duration_option_ns(const HostContext& context, std::string_view name) {
  const std::string value = context.option(name);
  const std::int64_t ns = parse_duration_ns(value);
  if (ns <= 0) {
    return fail(ErrorKind::kInvalid, flag(name) + ": '" + value + "' is no duration such as 5s");
  }
  return ns;
}

}  // namespace exporter
