#include "app/config_sources.h"

#include <algorithm>
#include <array>
#include <set>

#include "app/config_alerting.h"
#include "slo/series_selector.h"
#include "slo/windows.h"

namespace app {
namespace {

constexpr std::size_t kMaxSources = 16;
constexpr std::int64_t kLongestTimeoutMs = slo::kMinuteMs;
constexpr std::int64_t kLongestBackfillMs = 30 * slo::kDayMs;

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

bool same_text(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, [](char a, char b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return lower(a) == lower(b);
  });
}

// Headers are shown by `config show`, so no credentials; and none that libcurl writes itself.
void read_headers(const YamlValue& value, std::map<std::string, std::string>& headers) {
  constexpr std::array<std::string_view, 3> kSecret{"Authorization", "Proxy-Authorization",
                                                    "Cookie"};
  constexpr std::array<std::string_view, 6> kOurs{
      "Host", "Content-Type", "Content-Length", "Transfer-Encoding", "Connection", "Expect"};
  for (const auto& [name, entry] : value.entries()) {
    const auto is_it = [&](std::string_view one) { return same_text(one, name); };
    if (!is_token(name)) {
      entry.error("is no name of a header");
    } else if (std::ranges::any_of(kSecret, is_it)) {
      entry.error("would be shown here: use bearer_token_file or basic_auth");
    } else if (std::ranges::any_of(kOurs, is_it)) {
      entry.error("is set by fournines itself");
    }
    const auto text = entry.text();
    if (!text) continue;
    if (std::ranges::any_of(*text, [](char c) { return c < 0x20 || c == 0x7F; })) {
      entry.error("has characters that no header may have");
    }
    headers[name] = *text;
  }
}

void read_limit(YamlMap& map, std::string_view key, std::int64_t most_ms, bool zero_allowed,
                std::int64_t& ms) {
  const auto value = map.take(key);
  if (!value) return;
  if (const auto given = value->duration_ms(zero_allowed)) {
    ms = *given;
    if (ms > most_ms) value->error("must be at most " + slo::duration_label(most_ms));
  }
}

SourceSpec read_source(const YamlValue& value) {
  SourceSpec source;
  YamlMap map(value);
  if (const auto name = map.require("name")) {
    source.name = name->text().value_or("");
    if (!is_token(source.name) || source.name.size() > 63) {
      name->error("must be 1 to 63 letters, digits, '-' and '_'");
    }
  }
  if (const auto type = map.take("type")) {
    if (const auto text = type->text(); text && *text != "prometheus") {
      type->error("the only type of source is 'prometheus'");
    }
  }
  read_endpoint_keys(map, false, source.endpoint);
  if (const auto headers = map.take("headers")) read_headers(*headers, source.headers);
  if (const auto alive = map.take("alive")) {
    source.alive = alive->text().value_or(source.alive);
    if (const auto selector = slo::Selector::parse(source.alive); !selector) {
      alive->error(selector.error().message);
    }
  }
  read_limit(map, "timeout", kLongestTimeoutMs, false, source.timeout_ms);
  read_limit(map, "backfill", kLongestBackfillMs, true, source.backfill_ms);
  map.finish();
  const auto label = [](std::int64_t ms) {
    return ms == 0 ? std::string("0s") : slo::duration_label(ms);
  };
  source.text = value.flow({{"type", "prometheus"},
                            {"alive", yaml_quoted(source.alive)},
                            {"timeout", label(source.timeout_ms)},
                            {"backfill", label(source.backfill_ms)}});
  return source;
}

}  // namespace

std::vector<SourceSpec> read_sources(YamlMap& root) {
  std::vector<SourceSpec> sources;
  const auto value = root.take("sources");
  if (!value) return sources;
  std::set<std::string> names;
  for (const YamlValue& item : value->list().value_or(std::vector<YamlValue>{})) {
    sources.push_back(read_source(item));
    const std::string& name = sources.back().name;
    if (!name.empty() && !names.insert(name).second) {
      item.error("the source '" + name + "' stands twice");
    }
  }
  if (sources.size() > kMaxSources) {
    value->error("more than " + std::to_string(kMaxSources) + " sources");
  }
  return sources;
}

std::string with_window(std::string query, std::int64_t window_ms) {
  constexpr std::string_view kPlaces[] = {"{{.window}}", "{{ .window }}"};
  const std::string label = slo::duration_label(window_ms);
  for (const std::string_view place : kPlaces) {
    for (std::size_t at = 0; (at = query.find(place, at)) != std::string::npos;
         at += label.size()) {
      query.replace(at, place.size(), label);
    }
  }
  return query;
}

std::string fresh_query(const std::string& selector, std::int64_t interval_ms) {
  return selector + " and last_over_time(" + selector + "[" + slo::duration_label(2 * interval_ms) +
         "])";
}

}  // namespace app
