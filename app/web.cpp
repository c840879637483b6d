#include "app/web.h"

#include "app/status_page.h"

namespace app {
namespace {

using exporter::HttpRequest;
using exporter::HttpResponse;

constexpr char kTextFormat[] = "text/plain; version=0.0.4; charset=utf-8";

HttpResponse plain(int status, std::string body) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

HttpResponse metrics(const WebContext& context, const HttpRequest& request) {
  const auto selection =
      context.registry.select(request.values("collect[]"), request.values("exclude[]"));
  if (!selection) return plain(400, selection.error().message + "\n");
  HttpResponse response;
  response.content_type = kTextFormat;
  response.already_gzipped = request.accepts_gzip;
  response.shared_body = context.pages.get(*selection, request.accepts_gzip);
  return response;
}

}  // namespace

void add_routes(exporter::HttpServer& server, const WebContext& context) {
  server.get(context.telemetry_path,
             [context](const HttpRequest& request) { return metrics(context, request); });
  server.get("/-/healthy",
             [](const HttpRequest&) { return plain(200, "fournines is healthy.\n"); });
  server.get("/-/ready", [context](const HttpRequest&) {
    return context.ready ? plain(200, "fournines is ready.\n")
                         : plain(503, "fournines is starting.\n");
  });
  server.get("/", [context](const HttpRequest&) {
    HttpResponse response;
    response.content_type = "text/html; charset=utf-8";
    response.body = status_page({context.telemetry_path, context.registry.status()});
    return response;
  });
  server.get("/style.css", [](const HttpRequest&) {
    HttpResponse response;
    response.content_type = "text/css; charset=utf-8";
    response.body = status_page_style();
    return response;
  });
}

}  // namespace app
