// What makes a probe impossible, kind by kind. The configuration checks each key where it is read,
// with its line; this is what holds for whoever makes a spec.
#include <sys/un.h>

#include <algorithm>
#include <utility>

#include "exporter/core/text.h"
#include "exporter/probes/body_check.h"
#include "exporter/probes/dialogue.h"
#include "exporter/probes/dns_message.h"
#include "exporter/probes/endpoint.h"
#include "exporter/probes/probe.h"
#include "exporter/probes/url.h"

namespace exporter {
namespace {

constexpr std::string_view kTokenCharacters =
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::size_t kMaxNeedleBytes = 64 * 1024;
constexpr std::size_t kMaxCommandWords = 256;
constexpr int kMaxCertificateDays = 3650;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

bool is_token(std::string_view text) {
  return !text.empty() && text.find_first_not_of(kTokenCharacters) == std::string_view::npos;
}

// RFC 9110, section 5: a token, a colon, a value without control characters.
bool is_header(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return false;
  const std::string_view value = line.substr(colon + 1);
  return value.find_first_not_of(' ') != std::string_view::npos &&
         std::ranges::none_of(value, is_control);
}

std::string ms(std::int64_t value) { return std::to_string(value) + "ms"; }

class Checker {
 public:
  explicit Checker(std::vector<Error>& errors) : errors_(errors) {}

  void times(const ProbeSpec& spec) {
    if (spec.interval_ms < kMinIntervalMs || spec.interval_ms > kMaxIntervalMs) {
      invalid("interval: " + ms(spec.interval_ms) + " is not between 25ms and 24h");
    } else if (spec.timeout_ms < 0) {
      invalid("timeout: " + ms(spec.timeout_ms) + " is negative");
    } else if (spec.timeout_ms >= std::max(spec.interval_ms, kMaxBurstTimeoutMs)) {
      invalid("timeout: " + ms(spec.timeout_ms) + " is not shorter than the interval of " +
              ms(spec.interval_ms) + " (or than 1s, of shorter intervals)");
    } else if (spec.confirm_ms < 0 || (spec.confirm_ms > 0 && spec.confirm_ms < kMinIntervalMs)) {
      invalid("confirm: " + ms(spec.confirm_ms) + " is less than 25ms");
    } else if (spec.confirm_ms > 0 &&
               spec.confirm_ms + spec.effective_timeout_ms() > spec.interval_ms) {
      invalid("confirm: " + ms(spec.confirm_ms) + " and the timeout of " +
              ms(spec.effective_timeout_ms()) + " do not fit into the interval of " +
              ms(spec.interval_ms));
    }
  }

  void operator()(const HttpTarget& http) {
    const auto url = check_url(http.url, http.reach.allow_metadata);
    if (!url) errors_.push_back({url.error().kind, "http: " + url.error().message});
    if (!is_token(http.method) || http.method.size() > 16 || http.method == "CONNECT") {
      invalid("method: '" + printable(http.method, 32) + "' is not a method such as GET");
    }
    for (const std::string& header : http.headers) {
      // The value may be a secret.
      if (!is_header(header)) {
        invalid("headers: '" + printable(header.substr(0, header.find(':')), 64) +
                "' is not a line 'Name: value'");
      }
    }
    if (std::ranges::any_of(http.authorization, is_control)) {
      invalid("authorization: contains control characters");
    }
    if (http.body.size() > kMaxBodyBytesSent) invalid("body: longer than 1 MiB");
    if (!http.body.empty() && http.method == "HEAD") invalid("body: HEAD has none");
    expected(http);
    certificate_days(http.certificate_days);
    if (http.certificate_days > 0 && url && !url->tls && !http.follow_redirects) {
      invalid("expect.certificate_days: http:// has no certificate");
    }
    if (!http.proxy.empty()) {
      if (const auto proxy = check_url(http.proxy); !proxy) {
        errors_.push_back({proxy.error().kind, "proxy: " + proxy.error().message});
      } else if (!http.unix_socket.empty()) {
        invalid("proxy: cannot be used together with unix_socket");
      }
    }
    unix_socket(http.unix_socket);
    reach(http.reach);
  }

  void operator()(const StreamTarget& stream) {
    if (stream.unix_socket.empty()) {
      host("tcp", stream.host, stream.reach);
      if (stream.port == 0) invalid("tcp: port 0 cannot be connected to");
    }
    unix_socket(stream.unix_socket);
    certificate_days(stream.certificate_days);
    bool encrypted = stream.tls;
    if (stream.dialogue.size() > kMaxDialogueSteps) invalid("dialogue: more than 32 steps");
    for (std::size_t i = 0; i < stream.dialogue.size(); ++i) {
      const std::string key = "dialogue[" + std::to_string(i) + "]: ";
      if (const std::string error = step_error(stream.dialogue[i]); !error.empty()) {
        invalid(key + error);
      }
      if (stream.dialogue[i].starttls && encrypted) invalid(key + "TLS has begun already");
      encrypted = encrypted || stream.dialogue[i].starttls;
    }
    if (stream.certificate_days > 0 && !encrypted) {
      invalid("certificate_days: without TLS there is no certificate");
    }
    reach(stream.reach);
  }

  void operator()(const IcmpTarget& icmp) {
    host("icmp", icmp.host, icmp.reach);
    if (icmp.payload_bytes < 8 || icmp.payload_bytes > kMaxIcmpPayload) {
      invalid("payload_bytes: " + std::to_string(icmp.payload_bytes) +
              " is not between 8 and 1400");
    }
    reach(icmp.reach);
  }

  void operator()(const DnsTarget& dns) {
    host("dns", dns.host, dns.reach);
    if (dns.port == 0) invalid("dns: port 0 cannot be asked");
    if (const auto question = dns_question(dns.name, dns.type, 0, true); !question) {
      invalid("query: " + question.error().message);
    }
    if (dns.rcodes.empty()) invalid("expect.rcode: the list is empty");
    pattern("expect.answers_match", dns.answers_match);
    pattern("expect.all_answers_match", dns.all_answers_match);
    reach(dns.reach);
  }

  void operator()(const ExecTarget& exec) {
    if (exec.command.empty() || !exec.command[0].starts_with('/')) {
      invalid("exec: the first word must be the absolute path of a program");
    }
    const auto has_null = [](const std::string& word) { return word.contains('\0'); };
    if (exec.command.size() > kMaxCommandWords || std::ranges::any_of(exec.command, has_null)) {
      invalid("exec: more than 256 words, or one with a null byte");
    }
    if (exec.exit_codes.empty()) invalid("expect.exit_codes: the list is empty");
  }

  void operator()(const LocalTarget& local) {
    if (local.name.empty() || local.name.size() > 255 ||
        std::ranges::any_of(local.name, is_control)) {
      invalid(std::string(kind_name(local)) + ": a name has 1 to 255 printable characters");
    }
    if (local.at_least < 1) invalid("at_least: must be 1 or more");
  }

 private:
  void invalid(std::string message) {
    errors_.push_back({ErrorKind::kInvalid, std::move(message)});
  }

  void expected(const HttpTarget& http) {
    if (http.expected_status.empty()) invalid("expect.status: the list is empty");
    for (const StatusRange& range : http.expected_status) {
      if (range.first < 100 || range.last > 599 || range.first > range.last) {
        invalid("expect.status: " + std::to_string(range.first) + " to " +
                std::to_string(range.last) + " is not within 100 to 599");
      }
    }
    if (http.body_contains.size() > kMaxNeedleBytes) {
      invalid("expect.body_contains: longer than 64 KiB");
    }
    pattern("expect.body_matches", http.body_matches);
    pattern("expect.body_lacks", http.body_lacks);
    for (const JsonCheck& check : http.body_json) {
      if (const std::string error = json_pointer_error(check.pointer); !error.empty()) {
        invalid("expect.json: " + error);
      }
    }
    const bool asks_body = !http.body_contains.empty() || !http.body_matches.empty() ||
                           !http.body_lacks.empty() || !http.body_json.empty();
    if (asks_body && http.method == "HEAD") {
      invalid("expect.body_contains: an answer to HEAD has no body");
    }
  }

  void certificate_days(int days) {
    if (days >= 0 && days <= kMaxCertificateDays) return;
    invalid("expect.certificate_days: " + std::to_string(days) + " is not between 0 and 3650");
  }

  void pattern(const std::string& key, const std::string& text) {
    if (const std::string error = pattern_error(text); !error.empty()) invalid(key + ": " + error);
  }

  void host(const std::string& key, const std::string& text, const Reach& way) {
    if (const auto checked = check_host(text, way.allow_metadata); !checked) {
      invalid(key + ": " + checked.error().message);
    }
  }

  void unix_socket(const std::string& path) {
    if (path.empty()) return;
    if (!path.starts_with('/') || path.size() >= sizeof(sockaddr_un::sun_path)) {
      invalid("unix_socket: must be an absolute path of at most 107 bytes");
    }
  }

  void reach(const Reach& way) {
    if (way.ip_version != 0 && way.ip_version != 4 && way.ip_version != 6) {
      invalid("ip_version: must be 4 or 6");
    }
  }

  std::vector<Error>& errors_;
};

}  // namespace

std::vector<Error> check_spec(const ProbeSpec& spec) {
  std::vector<Error> errors;
  if (spec.name.empty()) errors.push_back({ErrorKind::kInvalid, "name: is empty"});
  Checker checker(errors);
  checker.times(spec);
  std::visit(checker, spec.target);
  return errors;
}

}  // namespace exporter
