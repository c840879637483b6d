// How commands talk to the running daemon: one request with a deadline.
#pragma once

#include <string>

#include "app/options.h"
#include "exporter/core/error.h"

namespace app {

// Where the daemon is: --server, else the first --web.listen-address.
std::string server_url(const Options& options);

// Unreachable is an error, kUnavailable starting with the URL; every answer is one.
struct Answer {
  long status = 0;
  std::string body;
};
// GET, or POST of this JSON.
exporter::Result<Answer> request(const std::string& url, const std::string* json = nullptr);

// The body of a 200 answer to a GET. kUnavailable, starting with the URL, for everything else.
exporter::Result<std::string> ask(const std::string& url);

}  // namespace app
