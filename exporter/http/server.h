// HTTP for the rest of the program: routes in, pages out. What reaches a route has passed the gate:
// one whole request, strictly read, of which only allow-listed fields are left.
//
//   HttpServer server(options, clock);
//   server.get("/metrics", [&](const HttpRequest& request) { return page(request); });
//   if (auto ok = server.listen(); !ok) ...
//   server.start();
//
// Every call belongs to the owner's thread, except ports() and statistics(). Handlers run on the
// gate's workers, several at once, and must not block; an exception from one is answered 500.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/core/clock.h"
#include "exporter/core/error.h"
#include "exporter/http/gate.h"

namespace exporter {

using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

struct HttpRoute {
  HttpHandler get;  // answers HEAD too
  HttpHandler post;
  bool slow = false;  // the handler waits
};

// Paths are compared byte by byte: no patterns, nothing decoded.
using HttpRoutes = std::map<std::string, HttpRoute, std::less<>>;

class HttpServer {
 public:
  HttpServer(GateOptions options, const Clock& clock);

  // Before listen(). A POST has a body of at most kMaxBodyBytes; without this, POST is 405.
  void get(std::string path, HttpHandler handler);
  void post(std::string path, HttpHandler handler);
  // A handler that may wait, for seconds: it holds up others of its kind only.
  void get_slow(std::string path, HttpHandler handler);

  Result<void> listen() { return gate_.listen(); }  // see listener.h for the errors
  void start() { gate_.start(); }
  void stop() { gate_.stop(); }

  const std::vector<std::uint16_t>& ports() const { return gate_.ports(); }
  const GateStatistics& statistics() const { return gate_.statistics(); }

 private:
  HttpRoutes routes_;
  Gate gate_;  // last: its threads use the routes
};

}  // namespace exporter
