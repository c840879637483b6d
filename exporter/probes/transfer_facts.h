// What libcurl knows of a transfer, in the terms of a probe's result. Probe thread.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "exporter/probes/probe.h"

namespace exporter {

int curl_info_int(CURL* easy, CURLINFO info);
std::string curl_info_text(CURL* easy, CURLINFO info);  // empty when there is none

// How far a transfer is, besides what libcurl tells.
struct TransferTimes {
  bool tls = false;
  bool reused = false;  // over a kept connection: nothing was connected
  std::int64_t handshake_us =
      0;                        // from the start to the beginning of the TLS handshake; 0: not yet
  std::int64_t elapsed_us = 0;  // from the start to now
};

// Adds the phases of a transfer that ended or is stopped now. The phase it stopped in gets all the
// time that is left; those after it nothing.
void add_durations(CURL* easy, const TransferTimes& times, PhaseDurations& durations);

// Status, version, length and address of what answered, as far as it did.
void read_answer(CURL* easy, ProbeResult& result);

// What the transfer is at: "connecting".
std::string_view place_of(CURL* easy, const TransferTimes& times);

}  // namespace exporter
