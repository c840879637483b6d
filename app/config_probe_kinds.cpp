#include "app/config_probe_kinds.h"

#include <algorithm>
#include <array>
#include <utility>

#include "app/config_probe_http.h"
#include "exporter/core/text.h"
#include "exporter/probes/dialogue.h"
#include "exporter/probes/dns_message.h"
#include "exporter/probes/endpoint.h"
#include "exporter/probes/probe.h"
#include "exporter/probes/url.h"

namespace app {
namespace {

using exporter::DnsTarget;
using exporter::ExecTarget;
using exporter::HttpTarget;
using exporter::IcmpTarget;
using exporter::LocalTarget;
using exporter::ProbeTarget;
using exporter::Reach;
using exporter::StreamTarget;

constexpr std::uint16_t kDnsPort = 53;

std::string take_text(YamlMap& map, std::string_view key) {
  const auto value = map.take(key);
  return value ? value->text().value_or("") : "";
}

bool take_flag(YamlMap& map, std::string_view key, bool otherwise) {
  const auto value = map.take(key);
  return value ? value->boolean().value_or(otherwise) : otherwise;
}

Reach take_reach(YamlMap& map) {
  Reach reach;
  reach.allow_metadata = take_flag(map, "allow_metadata", false);
  if (const auto version = map.take("ip_version")) {
    const auto text = version->text();
    if (text && (*text == "4" || *text == "6")) {
      reach.ip_version = *text == "4" ? 4 : 6;
    } else if (text) {
      version->error("must be 4 or 6");
    }
  }
  return reach;
}

int take_certificate_days(YamlMap& map) {
  const auto days = map.take("certificate_days");
  return days ? static_cast<int>(days->whole_number(0, 3650).value_or(0)) : 0;
}

// A text, or a list of texts.
std::vector<YamlValue> one_or_more(const YamlValue& value) {
  if (value.is_text()) return {value};
  return value.list().value_or(std::vector<YamlValue>{});
}

std::vector<exporter::DialogueStep> read_dialogue(const YamlValue& value) {
  std::vector<exporter::DialogueStep> steps;
  for (const YamlValue& item : value.list().value_or(std::vector<YamlValue>{})) {
    YamlMap map(item);
    exporter::DialogueStep step;
    step.expect = take_text(map, "expect");
    step.send = take_text(map, "send");
    step.starttls = take_flag(map, "starttls", false);
    map.finish();
    if (const std::string error = exporter::step_error(step); !error.empty()) item.error(error);
    steps.push_back(std::move(step));
  }
  return steps;
}

void read_tls_keys(YamlMap& map, StreamTarget& stream) {
  if (const auto file = map.take("ca_file")) stream.ca_file = read_readable_file(*file);
  stream.server_name = take_text(map, "server_name");
  stream.verify = !take_flag(map, "insecure_skip_verify", false);
  if (const auto expect = map.take("expect")) {
    YamlMap wanted(*expect);
    stream.certificate_days = take_certificate_days(wanted);
    wanted.finish();
  }
}

// value is null in a module: its target comes with the query.
ProbeTarget read_stream(YamlMap& map, const YamlValue* value, bool is_unix, bool is_tls) {
  StreamTarget stream;
  stream.reach = take_reach(map);
  const std::string text = value != nullptr ? value->text().value_or("") : "";
  if (is_unix) {
    stream.unix_socket = text;
  } else if (value != nullptr) {
    const auto endpoint = exporter::parse_endpoint(text, 0, stream.reach.allow_metadata);
    if (endpoint) {
      stream.host = endpoint->host;
      stream.port = endpoint->port;
    } else {
      value->error(endpoint.error().message);
    }
  }
  stream.tls = is_tls || take_flag(map, "tls", false);
  if (const auto dialogue = map.take("dialogue")) stream.dialogue = read_dialogue(*dialogue);
  read_tls_keys(map, stream);
  return stream;
}

ProbeTarget read_icmp(YamlMap& map, const YamlValue* value) {
  IcmpTarget icmp;
  icmp.reach = take_reach(map);
  if (value != nullptr) {
    const std::string text = value->text().value_or("");
    const auto host = exporter::check_host(text, icmp.reach.allow_metadata);
    if (host) {
      icmp.host = *host;
    } else {
      value->error(host.error().message);
    }
  }
  if (const auto bytes = map.take("payload_bytes")) {
    icmp.payload_bytes = static_cast<int>(
        bytes->whole_number(8, exporter::kMaxIcmpPayload).value_or(icmp.payload_bytes));
  }
  return icmp;
}

void read_dns_expectations(const YamlValue& value, DnsTarget& dns) {
  YamlMap map(value);
  if (const auto rcode = map.take("rcode")) {
    std::vector<int> rcodes;
    for (const YamlValue& item : one_or_more(*rcode)) {
      const auto text = item.text();
      if (!text) continue;
      if (const auto number = exporter::dns_rcode(*text)) {
        rcodes.push_back(*number);
      } else {
        item.error("'" + exporter::printable(*text, 32) + "' is no rcode such as NOERROR");
      }
    }
    if (!rcodes.empty()) dns.rcodes = std::move(rcodes);
  }
  if (const auto one = map.take("answers_match")) dns.answers_match = read_pattern(*one);
  if (const auto all = map.take("all_answers_match")) dns.all_answers_match = read_pattern(*all);
  map.finish();
}

ProbeTarget read_dns(YamlMap& map, const YamlValue& value, bool needs_target) {
  DnsTarget dns;
  dns.reach = take_reach(map);
  YamlMap query(value);
  const auto server = needs_target ? query.require("server") : query.take("server");
  if (server) {
    const auto text = server->text().value_or("");
    const auto endpoint = exporter::parse_endpoint(text, kDnsPort, dns.reach.allow_metadata);
    if (endpoint) {
      dns.host = endpoint->host;
      dns.port = endpoint->port;
    } else {
      server->error(endpoint.error().message);
    }
  }
  if (const auto name = query.require("query")) {
    dns.name = name->text().value_or("");
    if (const auto question = exporter::dns_question(dns.name, 1, 0, true); !question) {
      name->error(question.error().message);
    }
  }
  if (const auto type = query.take("type")) {
    const auto text = type->text();
    const auto number = text ? exporter::dns_type(*text) : std::nullopt;
    if (number) {
      dns.type = *number;
    } else if (text) {
      type->error("'" + exporter::printable(*text, 32) + "' is no record type such as AAAA");
    }
  }
  dns.tcp = take_flag(query, "tcp", false);
  dns.recursion = take_flag(query, "recursion", true);
  query.finish();
  if (const auto expect = map.take("expect")) read_dns_expectations(*expect, dns);
  return dns;
}

ProbeTarget read_exec(YamlMap& map, const YamlValue& value) {
  ExecTarget exec;
  for (const YamlValue& item : one_or_more(value)) {
    exec.command.push_back(item.text().value_or(""));
  }
  if (const auto expect = map.take("expect")) {
    YamlMap wanted(*expect);
    if (const auto codes = wanted.take("exit_codes")) {
      exec.exit_codes.clear();
      for (const YamlValue& item : one_or_more(*codes)) {
        if (const auto code = item.whole_number(0, 255)) {
          exec.exit_codes.push_back(static_cast<int>(*code));
        }
      }
    }
    wanted.finish();
  }
  return exec;
}

ProbeTarget read_local(YamlMap& map, const YamlValue& value, exporter::LocalKind kind) {
  LocalTarget local;
  local.kind = kind;
  local.name = value.text().value_or("");
  if (kind == exporter::LocalKind::kProcesses) {
    if (const auto least = map.take("at_least")) {
      local.at_least = static_cast<int>(least->whole_number(1, 1'000'000).value_or(1));
    }
  }
  return local;
}

}  // namespace

std::optional<ProbeTarget> read_probe_url(const YamlValue& value) {
  HttpTarget http;
  read_url(value, http);
  if (http.url.empty()) return std::nullopt;
  return http;
}

std::optional<ProbeTarget> read_probe_kind(YamlMap& map) {
  struct Kind {
    std::string_view key;
    YamlValue value;
  };
  std::vector<Kind> given;
  for (const std::string_view key :
       {"http", "tcp", "unix", "icmp", "dns", "exec", "process", "systemd", "container"}) {
    if (auto value = map.take(key)) given.push_back({key, *value});
  }
  // "tls" is a kind of its own only where no other stands; elsewhere it is a flag.
  if (given.empty()) {
    if (auto value = map.take("tls")) given.push_back({"tls", *value});
  }
  if (given.empty()) {
    if (!map.is_told("http")) {
      map.value().error(
          "says nowhere what is probed: one of http, tcp, tls, unix, icmp, dns, exec, process, "
          "systemd and container is missing");
    }
    return std::nullopt;
  }
  if (given.size() > 1) {
    given[1].value.error("a probe has one kind, and '" + std::string(given[0].key) +
                         "' is given already");
    return std::nullopt;
  }
  const std::string_view key = given[0].key;
  const YamlValue& value = given[0].value;
  if (key == "http") {
    HttpTarget http;
    http.reach = take_reach(map);
    read_url(value, http);
    read_http(map, http);
    if (http.url.empty()) return std::nullopt;
    return http;
  }
  if (key == "tcp" || key == "tls" || key == "unix") {
    return read_stream(map, &value, key == "unix", key == "tls");
  }
  if (key == "icmp") return read_icmp(map, &value);
  if (key == "dns") return read_dns(map, value, true);
  if (key == "exec") return read_exec(map, value);
  if (key == "process") return read_local(map, value, exporter::LocalKind::kProcesses);
  if (key == "systemd") return read_local(map, value, exporter::LocalKind::kUnit);
  return read_local(map, value, exporter::LocalKind::kContainer);
}

std::optional<ProbeTarget> read_module_kind(YamlMap& map) {
  const auto kind = map.require("kind");
  const auto text = kind ? kind->text() : std::nullopt;
  if (!text) return std::nullopt;
  if (*text == "http") {
    HttpTarget http;
    http.reach = take_reach(map);
    read_http(map, http);
    return http;
  }
  if (*text == "tcp" || *text == "tls") return read_stream(map, nullptr, false, *text == "tls");
  if (*text == "icmp") return read_icmp(map, nullptr);
  if (*text == "dns") {
    const auto query = map.require("dns");
    return query ? std::optional(read_dns(map, *query, false)) : std::nullopt;
  }
  kind->error("must be http, tcp, tls, icmp or dns");
  return std::nullopt;
}

exporter::Result<void> set_target(ProbeTarget& target, const std::string& text) {
  const auto put_endpoint = [&](auto& kind, std::uint16_t port) -> exporter::Result<void> {
    const auto endpoint = exporter::parse_endpoint(text, port, kind.reach.allow_metadata);
    if (!endpoint) return std::unexpected(endpoint.error());
    kind.host = endpoint->host;
    kind.port = endpoint->port;
    return {};
  };
  if (auto* http = std::get_if<HttpTarget>(&target)) {
    const bool bare = text.find("://") == std::string::npos;  // as blackbox_exporter takes it
    const auto url =
        exporter::check_url(bare ? "http://" + text : text, http->reach.allow_metadata);
    if (!url) return std::unexpected(url.error());
    http->url = url->text;
    return {};
  }
  if (auto* stream = std::get_if<StreamTarget>(&target); stream && stream->unix_socket.empty()) {
    return put_endpoint(*stream, 0);
  }
  if (auto* dns = std::get_if<DnsTarget>(&target)) return put_endpoint(*dns, kDnsPort);
  if (auto* icmp = std::get_if<IcmpTarget>(&target)) {
    const auto host = exporter::check_host(text, icmp->reach.allow_metadata);
    if (!host) return std::unexpected(host.error());
    icmp->host = *host;
    return {};
  }
  return exporter::fail(exporter::ErrorKind::kInvalid,
                        "target: this kind of module takes none from a query");
}

}  // namespace app
