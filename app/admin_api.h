// The part of the API that changes something: exclusions, marks, backups. Only with
// --web.enable-admin-api, and only for requests of application/json, which no foreign page can make
// a browser send.
#pragma once

#include "app/judging.h"
#include "exporter/http/server.h"

namespace app {

// judging outlives the server. GET of the exclusions is there without enabled.
void add_admin_routes(exporter::HttpServer& server, Judging& judging, bool enabled);

}  // namespace app
