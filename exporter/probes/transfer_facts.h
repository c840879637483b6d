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

// Adds the phases of a transfer that began `elapsed_us` ago and ended or is stopped now. The
// phase it stopped in gets all the time that is left; those after it nothing.
void add_durations(CURL* easy, bool tls, std::int64_t elapsed_us, PhaseDurations& durations);

// Status, version, length and address of what answered, as far as it did.
void read_answer(CURL* easy, ProbeResult& result);

// What the transfer is at: "connecting".
std::string_view place_of(CURL* easy, bool tls);

}  // namespace exporter
