#include "exporter/probes/probe.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "exporter/core/text.h"
#include "exporter/probes/url.h"

namespace exporter {
namespace {

constexpr std::string_view kTokenCharacters =
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::size_t kMaxNeedleBytes = 64 * 1024;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// RFC 9110, section 5: a token, a colon, a value without control characters.
bool is_header(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  if (line.substr(0, colon).find_first_not_of(kTokenCharacters) != std::string_view::npos) {
    return false;
  }
  const std::string_view value = line.substr(colon + 1);
  return value.find_first_not_of(' ') != std::string_view::npos &&
         std::ranges::none_of(value, is_control);
}

void check_times(const ProbeSpec& spec, std::vector<Error>& errors) {
  const auto invalid = [&](std::string message) {
    errors.push_back({ErrorKind::kInvalid, std::move(message)});
  };
  const auto ms = [](std::int64_t value) { return std::to_string(value) + "ms"; };
  if (spec.interval_ms < kMinIntervalMs || spec.interval_ms > kMaxIntervalMs) {
    invalid("interval: " + ms(spec.interval_ms) + " is not between 25ms and 24h");
  } else if (spec.timeout_ms < 0) {
    invalid("timeout: " + ms(spec.timeout_ms) + " is negative");
  } else if (spec.timeout_ms >= spec.interval_ms) {
    invalid("timeout: " + ms(spec.timeout_ms) + " is not shorter than the interval of " +
            ms(spec.interval_ms) + "; one attempt must end before the next begins");
  }
}

void check_http(const HttpTarget& http, std::vector<Error>& errors) {
  const auto invalid = [&](std::string message) {
    errors.push_back({ErrorKind::kInvalid, std::move(message)});
  };
  const auto url = check_url(http.url, http.allow_metadata);
  if (!url) errors.push_back({url.error().kind, "http: " + url.error().message});
  for (const std::string& header : http.headers) {
    // The value may be a secret.
    if (!is_header(header)) {
      invalid("headers: '" + printable(header.substr(0, header.find(':')), 64) +
              "' is not a line 'Name: value'");
    }
  }
  if (http.expected_status.empty()) invalid("expect.status: the list is empty");
  for (const StatusRange& range : http.expected_status) {
    if (range.first < 100 || range.last > 599 || range.first > range.last) {
      invalid("expect.status: " + std::to_string(range.first) + " to " +
              std::to_string(range.last) + " is not within 100 to 599");
    }
  }
  if (!http.body_contains.empty() && http.method == HttpMethod::kHead) {
    invalid("expect.body_contains: an answer to HEAD has no body");
  }
  if (http.body_contains.size() > kMaxNeedleBytes) {
    invalid("expect.body_contains: longer than 64 KiB");
  }
  if (http.certificate_days < 0 || http.certificate_days > 3650) {
    invalid("expect.certificate_days: " + std::to_string(http.certificate_days) +
            " is not between 0 and 3650");
  } else if (http.certificate_days > 0 && url && !url->tls && !http.follow_redirects) {
    invalid("expect.certificate_days: http:// has no certificate");
  }
}

}  // namespace

std::int64_t ProbeSpec::hold_ms() const {
  return std::max(2 * interval_ms, interval_ms + effective_timeout_ms());
}

Result<StatusRange> parse_status(std::string_view text) {
  if (text.size() == 3 && text[0] >= '1' && text[0] <= '5') {
    const int hundred = (text[0] - '0') * 100;
    if (text.substr(1) == "xx") return StatusRange{hundred, hundred + 99};
    int code = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code);
    if (error == std::errc() && end == text.data() + text.size()) return StatusRange{code, code};
  }
  return fail(ErrorKind::kInvalid,
              "'" + printable(text, 32) + "' is neither a status (204) nor a class (2xx)");
}

std::vector<Error> check_spec(const ProbeSpec& spec) {
  std::vector<Error> errors;
  if (spec.name.empty()) errors.push_back({ErrorKind::kInvalid, "name: is empty"});
  check_times(spec, errors);
  check_http(spec.http, errors);
  return errors;
}

std::string_view name(ProbeOutcome outcome) {
  switch (outcome) {
    case ProbeOutcome::kGood: return "good";
    case ProbeOutcome::kBad: return "bad";
    case ProbeOutcome::kUnknown: return "unknown";
  }
  return "";
}

std::string_view name(ProbePhase phase) {
  switch (phase) {
    case ProbePhase::kNone: return "";
    case ProbePhase::kResolve: return "resolve";
    case ProbePhase::kConnect: return "connect";
    case ProbePhase::kTls: return "tls";
    case ProbePhase::kHttp: return "http";
    case ProbePhase::kContent: return "content";
    case ProbePhase::kTimeout: return "timeout";
  }
  return "";
}

std::string_view name(UnknownCause cause) {
  switch (cause) {
    case UnknownCause::kNone: return "";
    case UnknownCause::kLate: return "late";
    case UnknownCause::kStalled: return "stalled";
    case UnknownCause::kNoRoute: return "no_route";
    case UnknownCause::kNoResolver: return "no_resolver";
    case UnknownCause::kLocal: return "local";
    case UnknownCause::kStopped: return "stopped";
  }
  return "";
}

std::int64_t late_limit_ns(std::int64_t interval_ms) {
  return std::max<std::int64_t>(interval_ms / 5, 50) * 1'000'000;
}

}  // namespace exporter
