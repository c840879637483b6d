#include "app/config_alerting.h"

#include <set>
#include <utility>

#include "exporter/probes/url.h"

namespace app {
namespace {

std::string take_text(YamlMap& map, std::string_view key) {
  const auto value = map.take(key);
  return value ? value->text().value_or("") : "";
}

std::string read_url(const YamlValue& value) {
  const auto text = value.text();
  if (!text) return {};
  const auto url = exporter::check_url(*text);
  if (!url) {
    value.error(url.error().message);
    return {};
  }
  if (text->find_first_of("?#") != std::string::npos) {
    value.error("must have neither a query nor a fragment");
    return {};
  }
  return *text;
}

alerts::AlertmanagerSpec read_alertmanager(const YamlValue& value) {
  alerts::AlertmanagerSpec member;
  YamlMap map(value);
  if (const auto url = map.require("url")) member.url = read_url(*url);
  if (const auto basic = map.take("basic_auth")) {
    YamlMap auth(*basic);
    if (const auto name = auth.require("username")) {
      member.basic_auth_username = name->text().value_or("");
    }
    if (const auto file = auth.require("password_file")) {
      member.basic_auth_password_file = file->text().value_or("");
    }
    auth.finish();
  }
  if (const auto file = map.take("bearer_token_file")) {
    member.bearer_token_file = file->text().value_or("");
    if (!member.basic_auth_username.empty()) {
      file->error("cannot be used together with basic_auth");
    }
  }
  map.finish();
  return member;
}

}  // namespace

void read_alerting(YamlMap& root, alerts::AlertingSpec& alerting) {
  const auto value = root.take("alerting");
  if (!value) return;
  YamlMap map(*value);
  if (const auto members = map.take("alertmanagers")) {
    std::set<std::string> urls;
    for (const YamlValue& item : members->list().value_or(std::vector<YamlValue>{})) {
      alerting.alertmanagers.push_back(read_alertmanager(item));
      if (!urls.insert(alerting.alertmanagers.back().url).second) item.error("stands twice");
    }
  }
  if (const auto labels = map.take("external_labels")) {
    if (const auto given = labels->text_map()) alerting.external_labels = *given;
  }
  if (const auto url = map.take("external_url")) alerting.external_url = read_url(*url);
  if (const auto url = map.take("grafana_url")) alerting.grafana_url = read_url(*url);
  if (const std::string url = take_text(map, "runbook_url"); !url.empty()) {
    alerting.runbook_url = url;
  }
  if (const auto delay = map.take("resend_delay")) {
    if (const auto ms = delay->duration_ms()) alerting.resend_delay_ms = *ms;
  }
  map.finish();
}

}  // namespace app
