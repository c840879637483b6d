// The web side of the daemon: routes onto the metrics page, health, the status page. Handlers run
// on the gate's workers and touch only what is published.
#pragma once

#include <atomic>
#include <string>

#include "exporter/core/pages.h"
#include "exporter/http/server.h"

namespace app {

// What the handlers need; all of it outlives the server.
struct WebContext {
  exporter::Registry& registry;
  exporter::Pages& pages;
  std::string telemetry_path;
  std::atomic<bool>& ready;
};

void add_routes(exporter::HttpServer& server, const WebContext& context);

}  // namespace app
