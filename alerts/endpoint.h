// How libcurl reaches an endpoint that the configuration names: an Alertmanager, a webhook, a
// source.
#pragma once

#include <curl/curl.h>

#include <cstdint>

#include "alerts/spec.h"
#include "exporter/core/error.h"

namespace alerts {

// HTTP and HTTPS only, no proxy, no redirects, no signals, the endpoint's TLS, and timeout_ms for
// the whole request. The handle keeps copies.
void set_endpoint(CURL* easy, const EndpointSpec& endpoint, std::int64_t timeout_ms);

// Reads the file that has the secret, if there is one. Before each request, so that a rotated
// secret needs no reload. Messages name the file and never what is in it.
exporter::Result<void> set_credentials(CURL* easy, const EndpointSpec& endpoint);

}  // namespace alerts
