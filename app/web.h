// The web side of the daemon: routes onto the metrics page, health, API and status page. Handlers
// run on the gate's workers and touch only what is published.
#pragma once

#include <atomic>
#include <string>

#include "app/judging.h"
#include "app/reload.h"
#include "exporter/core/pages.h"
#include "exporter/http/server.h"

namespace app {

// What the handlers need; all of it outlives the server.
struct WebContext {
  exporter::Registry& registry;
  exporter::Pages& pages;
  Judging& judging;
  Reload& reload;
  const std::atomic<bool>& ready;
  std::string telemetry_path;
  bool enable_lifecycle = false;
  bool enable_admin_api = false;
  const exporter::Clock& clock;
};

void add_routes(exporter::HttpServer& server, const WebContext& context);

}  // namespace app
