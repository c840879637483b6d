// libcurl gives times in microseconds since the start of the transfer, each 0 until that point is
// reached: CONNECT (TCP), APPCONNECT (TLS), STARTTRANSFER (first byte of the answer). Version 7.88
// gives CONNECT only when TLS is done too, and never when the handshake fails; the beginning of the
// handshake stands in for it.
#include "exporter/probes/transfer_facts.h"

#include <algorithm>

namespace exporter {
namespace {

std::int64_t info_offset(CURL* easy, CURLINFO info) {
  curl_off_t value = 0;
  curl_easy_getinfo(easy, info, &value);
  return value;
}

std::int64_t connected_us(CURL* easy, const TransferTimes& times) {
  const std::int64_t told_us = info_offset(easy, CURLINFO_CONNECT_TIME_T);
  return told_us > 0 ? told_us : times.handshake_us;
}

int version_tenths(int version) {
  switch (version) {
    case CURL_HTTP_VERSION_1_0: return 10;
    case CURL_HTTP_VERSION_1_1: return 11;
    case CURL_HTTP_VERSION_2_0: return 20;
    case CURL_HTTP_VERSION_3: return 30;
    default: return 0;
  }
}

}  // namespace

int curl_info_int(CURL* easy, CURLINFO info) {
  long value = 0;
  curl_easy_getinfo(easy, info, &value);
  return static_cast<int>(value);
}

std::string curl_info_text(CURL* easy, CURLINFO info) {
  const char* value = nullptr;
  curl_easy_getinfo(easy, info, &value);
  return value != nullptr ? value : "";
}

void add_durations(CURL* easy, const TransferTimes& times, PhaseDurations& durations) {
  std::int64_t at_us = 0;
  const auto add = [&](std::int64_t& duration_ns, std::int64_t reached_us) {
    const bool reached = reached_us > 0;
    const std::int64_t until_us = reached ? reached_us : times.elapsed_us;
    duration_ns += std::max<std::int64_t>(until_us - at_us, 0) * 1000;
    at_us = std::max(at_us, until_us);
    return reached;
  };
  if (!times.reused && !add(durations.connect_ns, connected_us(easy, times))) return;
  if (!times.reused && times.tls &&
      !add(durations.tls_ns, info_offset(easy, CURLINFO_APPCONNECT_TIME_T)))
    return;
  if (!add(durations.processing_ns, info_offset(easy, CURLINFO_STARTTRANSFER_TIME_T))) return;
  add(durations.transfer_ns, times.elapsed_us);
}

void read_answer(CURL* easy, ProbeResult& result) {
  result.remote_address = curl_info_text(easy, CURLINFO_PRIMARY_IP);
  result.http_status = curl_info_int(easy, CURLINFO_RESPONSE_CODE);
  result.http_version_tenths = 0;
  result.content_length.reset();
  if (result.http_status == 0) return;
  result.http_version_tenths = version_tenths(curl_info_int(easy, CURLINFO_HTTP_VERSION));
  const std::int64_t length = info_offset(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T);
  if (length >= 0) result.content_length = length;
  if (const std::int64_t modified = info_offset(easy, CURLINFO_FILETIME_T); modified >= 0) {
    result.last_modified_unix = modified;
  }
}

std::string_view place_of(CURL* easy, const TransferTimes& times) {
  if (!times.reused && connected_us(easy, times) == 0) return "connecting";
  if (!times.reused && times.tls && info_offset(easy, CURLINFO_APPCONNECT_TIME_T) == 0)
    return "in the TLS handshake";
  if (info_offset(easy, CURLINFO_STARTTRANSFER_TIME_T) == 0) return "waiting for the answer";
  return "reading the answer";
}

}  // namespace exporter
