// Good or bad, and where it failed: what one HTTP attempt means. Pure; the facts are gathered by
// HttpProbe.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "exporter/probes/prober.h"

namespace exporter {

// Whether a whole answer is the one that was expected. Nothing: it is.
struct Answer {
  int status = 0;
  std::optional<Failure> body;  // what is wrong with it, see BodyCheck
  std::optional<std::int64_t> certificate_expiry_unix;
};
std::optional<Failure> judge_answer(const HttpTarget& target, const Answer& answer,
                                    std::int64_t now_unix);

// Whether a certificate that expires then is good for the days asked for; 0 days: not asked.
std::optional<Failure> judge_certificate(int days_asked, std::optional<std::int64_t> expiry_unix,
                                         std::int64_t now_unix);

// Why there is no whole answer. `detail` is libcurl's own text.
struct TransferError {
  CURLcode code = CURLE_OK;
  int socket_errno = 0;    // of socket(), 0 when it worked
  int connect_errno = 0;   // the last one of connect()
  bool some_route = true;  // of the target's addresses, at least one is routed
  bool all_routes = true;
  std::string_view place;    // "connecting", for a timeout
  std::string_view address;  // tried last
  std::string_view detail;
};
Failure judge_error(const TransferError& error, std::int64_t timeout_ms);

}  // namespace exporter
