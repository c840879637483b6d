// How commands ask the running daemon: one GET with a deadline.
#pragma once

#include <string>

#include "app/options.h"
#include "exporter/core/error.h"

namespace app {

// Where the daemon is: --server, else the first --web.listen-address.
std::string server_url(const Options& options);

// The body of a 200 answer. kUnavailable, starting with the URL, for everything else.
exporter::Result<std::string> ask(const std::string& url);

}  // namespace app
