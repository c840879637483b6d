#include "app/config_alerting.h"

#include <map>
#include <set>
#include <string>
#include <utility>

#include "exporter/probes/url.h"

namespace app {
namespace {

std::string take_text(YamlMap& map, std::string_view key) {
  const auto value = map.take(key);
  return value ? value->text().value_or("") : "";
}

// Of a webhook or a heartbeat, where a query may belong to it.
std::string read_whole_url(const YamlValue& value) {
  const auto text = value.text();
  if (!text) return {};
  const auto url = exporter::check_url(*text);
  if (!url) {
    value.error(url.error().message);
    return {};
  }
  return *text;
}

std::string read_url(const YamlValue& value) {
  std::string text = read_whole_url(value);
  if (text.find_first_of("?#") != std::string::npos) {
    value.error("must have neither a query nor a fragment");
    return {};
  }
  return text;
}

void read_tls(const YamlValue& value, alerts::TlsSpec& tls) {
  YamlMap map(value);
  tls.ca_file = take_text(map, "ca_file");
  tls.cert_file = take_text(map, "cert_file");
  tls.key_file = take_text(map, "key_file");
  if (const auto skip = map.take("insecure_skip_verify")) {
    tls.insecure_skip_verify = skip->boolean().value_or(false);
  }
  if (tls.cert_file.empty() != tls.key_file.empty()) {
    value.error("cert_file and key_file belong together");
  }
  map.finish();
}

alerts::EndpointSpec read_endpoint(const YamlValue& value, bool may_have_query) {
  alerts::EndpointSpec member;
  YamlMap map(value);
  read_endpoint_keys(map, may_have_query, member);
  map.finish();
  return member;
}

}  // namespace

void read_endpoint_keys(YamlMap& map, bool may_have_query, alerts::EndpointSpec& member) {
  if (const auto url = map.require("url")) {
    member.url = may_have_query ? read_whole_url(*url) : read_url(*url);
  }
  if (const auto tls = map.take("tls")) read_tls(*tls, member.tls);
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
}

namespace {

using Texts = std::map<std::string, std::string>;

void read_texts(YamlMap& map, std::string_view key, Texts& texts) {
  const auto value = map.take(key);
  if (!value) return;
  if (const auto given = value->text_map()) {
    for (const auto& [name, text] : *given) texts[name] = text;
  }
}

// page_alert or ticket_alert; whether it is switched off.
bool read_alert(YamlMap& alerting, std::string_view key, slo::Rare<slo::AlertWords>& words) {
  const auto value = alerting.take(key);
  if (!value) return false;
  YamlMap map(*value);
  slo::AlertWords found;
  read_texts(map, "labels", found.labels);
  read_texts(map, "annotations", found.annotations);
  if (found != slo::AlertWords{}) words = std::move(found);
  const auto off = map.take("disable");
  map.finish();
  return off && off->boolean().value_or(false);
}

slo::NoData read_no_data(const YamlValue& value) {
  YamlMap map(value);
  slo::NoData no_data{.after_ms = 5 * slo::kMinuteMs};
  if (const auto after = map.take("after")) {
    if (const auto ms = after->duration_ms()) no_data.after_ms = *ms;
  }
  if (const auto severity = map.take("severity")) {
    const auto text = severity->text();
    if (text && *text == "page") {
      no_data.severity = slo::Severity::kPage;
    } else if (text && *text != "ticket") {
      severity->error("must be page or ticket");
    }
  }
  map.finish();
  return no_data;
}

}  // namespace

void read_slo_alerting(YamlMap& slo_map, slo::SloSpec& spec) {
  const auto value = slo_map.take("alerting");
  if (!value) return;
  YamlMap map(*value);
  if (const auto failures = map.take("min_failures")) {
    if (const auto count = failures->whole_number(0, slo::kMaxMinFailures)) {
      spec.min_failures = static_cast<int>(*count);
    }
  }
  const bool no_page = read_alert(map, "page_alert", spec.page_words);
  const bool no_ticket = read_alert(map, "ticket_alert", spec.ticket_words);
  std::erase_if(spec.alert_rows, [&](const slo::AlertRow& row) {
    return row.severity == slo::Severity::kPage ? no_page : no_ticket;
  });
  if (const auto no_data = map.take("no_data")) spec.no_data = read_no_data(*no_data);
  read_texts(map, "labels", spec.labels);
  read_texts(map, "annotations", spec.annotations);
  map.finish();
}

void read_alerting(YamlMap& root, alerts::AlertingSpec& alerting) {
  const auto value = root.take("alerting");
  if (!value) return;
  YamlMap map(*value);
  std::set<std::string> urls;
  const auto read_endpoints = [&](std::string_view key, bool may_have_query,
                                  std::vector<alerts::EndpointSpec>& endpoints) {
    const auto members = map.take(key);
    if (!members) return;
    for (const YamlValue& item : members->list().value_or(std::vector<YamlValue>{})) {
      endpoints.push_back(read_endpoint(item, may_have_query));
      if (!urls.insert(endpoints.back().url).second) item.error("stands twice");
    }
  };
  read_endpoints("alertmanagers", false, alerting.alertmanagers);
  read_endpoints("webhooks", true, alerting.webhooks);
  if (const auto url = map.take("heartbeat_url")) alerting.heartbeat_url = read_whole_url(*url);
  alerting.watchdog = true;
  if (const auto on = map.take("watchdog")) alerting.watchdog = on->boolean().value_or(true);
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
