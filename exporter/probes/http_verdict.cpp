#include "exporter/probes/http_verdict.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace exporter {
namespace {

constexpr std::int64_t kDaySeconds = 86400;

std::string ranges_text(const std::vector<StatusRange>& ranges) {
  std::string text;
  for (const StatusRange& range : ranges) {
    if (!text.empty()) text += ", ";
    text += std::to_string(range.first);
    if (range.last != range.first) text += "-" + std::to_string(range.last);
  }
  return text;
}

bool is_local_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

ProbePhase phase_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST: return ProbePhase::kResolve;
    case CURLE_COULDNT_CONNECT: return ProbePhase::kConnect;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT: return ProbePhase::kTls;
    case CURLE_BAD_CONTENT_ENCODING: return ProbePhase::kContent;
    case CURLE_OPERATION_TIMEDOUT: return ProbePhase::kTimeout;
    default: return ProbePhase::kHttp;
  }
}

// Failures that no target can cause.
bool is_ours(const TransferError& error) {
  switch (error.code) {
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ENGINE_INITFAILED: return true;
    case CURLE_COULDNT_CONNECT:
      // EADDRNOTAVAIL: all local ports are in use; without a route it has other reasons.
      return is_local_shortage(error.socket_errno) ||
             (error.connect_errno == EADDRNOTAVAIL && error.all_routes);
    default: return false;
  }
}

}  // namespace

std::optional<Failure> judge_answer(const HttpTarget& target, const Answer& answer,
                                    std::int64_t now_unix) {
  const bool expected = std::ranges::any_of(target.expected_status, [&](const StatusRange& range) {
    return answer.status >= range.first && answer.status <= range.last;
  });
  if (!expected) {
    return Failure{.phase = ProbePhase::kHttp,
                   .reason = "status " + std::to_string(answer.status) + " is not among " +
                             ranges_text(target.expected_status)};
  }
  if (answer.body) return answer.body;
  return judge_certificate(target.certificate_days, answer.certificate_expiry_unix, now_unix);
}

std::optional<Failure> judge_certificate(int days_asked, std::optional<std::int64_t> expiry_unix,
                                         std::int64_t now_unix) {
  if (days_asked == 0) return std::nullopt;
  if (!expiry_unix) {
    return Failure{.phase = ProbePhase::kTls, .reason = "no certificate was seen"};
  }
  const std::int64_t days = (*expiry_unix - now_unix) / kDaySeconds;
  if (days >= days_asked) return std::nullopt;
  return Failure{.phase = ProbePhase::kTls,
                 .reason = "the certificate expires in " + std::to_string(days) +
                           " days, fewer than " + std::to_string(days_asked)};
}

Failure judge_error(const TransferError& error, std::int64_t timeout_ms) {
  Failure failure{.phase = phase_of(error.code), .reason = std::string(error.detail)};
  if (error.code == CURLE_OPERATION_TIMEDOUT) {
    failure.reason = "nothing more came within " + std::to_string(timeout_ms) + " ms, while " +
                     std::string(error.place);
    failure.silent = true;
  } else if (error.code == CURLE_COULDNT_CONNECT) {
    const int number = error.socket_errno != 0 ? error.socket_errno : error.connect_errno;
    failure.reason = std::string(error.address) + ": " +
                     (number != 0 ? std::generic_category().message(number) : "no connection");
    failure.silent = number != ECONNREFUSED && number != ECONNRESET;
  }
  if (is_ours(error)) {
    failure.cause = UnknownCause::kLocal;
  } else if (!error.some_route) {
    failure.cause = UnknownCause::kNoRoute;
    failure.reason = "no route to " + std::string(error.address);
  }
  return failure;
}

}  // namespace exporter
