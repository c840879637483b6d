#include "app/config_probe_http.h"

#include <fcntl.h>
#include <strings.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include "alerts/secret.h"
#include "exporter/core/kernel_file.h"
#include "exporter/probes/body_check.h"
#include "exporter/probes/probe.h"
#include "exporter/probes/url.h"

namespace app {
namespace {

using exporter::HttpTarget;
using exporter::Keepalive;

// RFC 4648, section 4.
std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t three = 0;
    const std::size_t count = std::min<std::size_t>(bytes.size() - i, 3);
    for (std::size_t j = 0; j < 3; ++j) {
      three = three << 8 | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      text += j <= count ? kDigits[three >> (18 - 6 * j) & 63] : '=';
    }
  }
  return text;
}

void read_statuses(const YamlValue& value, HttpTarget& http) {
  std::vector<YamlValue> items;
  if (value.is_text()) {
    items.push_back(value);
  } else if (auto list = value.list()) {
    items = std::move(*list);
  }
  std::vector<exporter::StatusRange> ranges;
  for (const YamlValue& item : items) {
    const auto text = item.text();
    if (!text) continue;
    if (const auto range = exporter::parse_status(*text)) {
      ranges.push_back(*range);
    } else {
      item.error(range.error().message);
    }
  }
  // An error above is enough: without a good one the default stands in.
  if (!ranges.empty() || items.empty()) http.expected_status = std::move(ranges);
}

void read_expectations(const YamlValue& value, HttpTarget& http) {
  YamlMap map(value);
  if (const auto status = map.take("status")) read_statuses(*status, http);
  if (const auto text = map.take("body_contains")) http.body_contains = text->text().value_or("");
  if (const auto pattern = map.take("body_matches")) http.body_matches = read_pattern(*pattern);
  if (const auto pattern = map.take("body_lacks")) http.body_lacks = read_pattern(*pattern);
  if (const auto json = map.take("json")) {
    for (const auto& [pointer, wanted] :
         json->text_map().value_or(std::map<std::string, std::string>{})) {
      const std::string error = exporter::json_pointer_error(pointer);
      if (!error.empty()) json->error(error);
      http.body_json.push_back({pointer, wanted});
    }
  }
  if (const auto days = map.take("certificate_days")) {
    http.certificate_days = static_cast<int>(days->whole_number(0, 3650).value_or(0));
  }
  map.finish();
}

void read_authorization(YamlMap& map, HttpTarget& http) {
  const auto basic = map.take("basic_auth");
  const auto bearer = map.take("bearer_token_file");
  if (basic && bearer) {
    bearer->error("cannot be used together with basic_auth");
    return;
  }
  if (basic) {
    YamlMap auth(*basic);
    const auto name = auth.require("username");
    const auto file = auth.require("password_file");
    auth.finish();
    const std::string user = name ? name->text().value_or("") : "";
    if (user.find(':') != std::string::npos) name->error("a user name has no ':'");
    if (file) http.authorization = "Basic " + base64(user + ":" + read_secret_file(*file));
  }
  if (bearer) http.authorization = "Bearer " + read_secret_file(*bearer);
  const auto is_authorization = [](const std::string& header) {
    return header.size() > 14 && strncasecmp(header.c_str(), "authorization:", 14) == 0;
  };
  if (!http.authorization.empty() && std::ranges::any_of(http.headers, is_authorization)) {
    (basic ? basic : bearer)->error("'headers' have an Authorization already");
  }
}

void read_keepalive(const YamlValue& value, HttpTarget& http) {
  const auto text = value.text();
  if (!text) return;
  if (*text == "fresh") {
    http.keepalive = Keepalive::kFresh;
  } else if (*text == "kept") {
    http.keepalive = Keepalive::kKept;
  } else if (*text == "both") {
    http.keepalive = Keepalive::kBoth;
  } else {
    value.error("must be fresh, kept or both");
  }
}

}  // namespace

void read_url(const YamlValue& value, HttpTarget& http) {
  const auto text = value.text();
  if (!text) return;
  const auto url = exporter::check_url(*text, http.reach.allow_metadata);
  if (!url) {
    value.error(url.error().message);
    return;
  }
  http.url = url->text;
}

std::string read_pattern(const YamlValue& value) {
  const auto text = value.text();
  if (!text) return {};
  const std::string error = exporter::pattern_error(*text);
  if (!error.empty()) value.error("not a pattern: " + error);
  return *text;
}

std::string read_readable_file(const YamlValue& value) {
  const auto path = value.text();
  if (!path) return {};
  const exporter::FileDescriptor file(open(path->c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) value.error(*path + ": " + std::generic_category().message(errno));
  return *path;
}

std::string read_secret_file(const YamlValue& value) {
  const auto path = value.text();
  if (!path) return {};
  const auto secret = alerts::read_secret(*path);
  if (!secret) {
    value.error(secret.error().message);
    return {};
  }
  return secret->reveal();
}

void read_http(YamlMap& map, HttpTarget& http) {
  if (const auto method = map.take("method")) http.method = method->text().value_or("GET");
  if (const auto headers = map.take("headers")) {
    if (const auto given = headers->text_map()) {
      for (const auto& [name, text] : *given) http.headers.push_back(name + ": " + text);
    }
  }
  if (const auto body = map.take("body")) http.body = body->text().value_or("");
  if (const auto follow = map.take("follow_redirects")) {
    http.follow_redirects = follow->boolean().value_or(false);
  }
  if (const auto file = map.take("ca_file")) http.ca_file = read_readable_file(*file);
  if (const auto skip = map.take("insecure_skip_verify")) {
    http.verify = !skip->boolean().value_or(false);
  }
  if (const auto http2 = map.take("http2")) http.http2 = http2->boolean().value_or(true);
  if (const auto proxy = map.take("proxy")) {
    const auto text = proxy->text();
    const auto url = text ? exporter::check_url(*text) : exporter::Result<exporter::HttpUrl>();
    if (text && !url) proxy->error(url.error().message);
    if (text && url) http.proxy = url->text;
  }
  if (const auto path = map.take("unix_socket")) http.unix_socket = path->text().value_or("");
  if (const auto keepalive = map.take("keepalive")) read_keepalive(*keepalive, http);
  read_authorization(map, http);
  if (const auto expect = map.take("expect")) read_expectations(*expect, http);
}

}  // namespace app
