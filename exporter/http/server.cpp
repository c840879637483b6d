#include "exporter/http/server.h"

#include <utility>

namespace exporter {
namespace {

std::string_view allowed_methods(const HttpRoute& route) {
  if (!route.post) return "GET, HEAD";
  return route.get ? "GET, HEAD, POST" : "POST";
}

HttpResponse run_route(const HttpRoutes& routes, const HttpRequest& request) {
  const auto at = routes.find(request.path);
  if (at == routes.end()) return error_response(404);
  const HttpHandler& handler = request.method == "POST" ? at->second.post : at->second.get;
  if (handler) return handler(request);
  HttpResponse response = error_response(405);
  response.headers = {{"Allow", std::string(allowed_methods(at->second))}};
  return response;
}

GateReply reply_to(const HttpRoutes& routes, const HttpRequest& request) {
  HttpResponse response = run_route(routes, request);
  if (request.path.starts_with("/api/")) {
    response.headers.emplace_back("Cache-Control", "no-store");
  }
  // Whoever made a mistake is done with.
  const bool keep_alive = request.keep_alive && response.status < 400;
  return reply_with(std::move(response), keep_alive);
}

GateReply answer(const HttpRoutes& routes, const HttpRequest& request) {
  GateReply reply;
  try {
    reply = reply_to(routes, request);
  } catch (...) {
    reply = error_reply(500);
  }
  if (request.method == "HEAD") reply.body = nullptr;
  return reply;
}

GateOptions with_slow_routes(GateOptions options, const HttpRoutes& routes) {
  options.is_slow = [&routes](std::string_view path) {
    const auto at = routes.find(path);
    return at != routes.end() && at->second.slow;
  };
  return options;
}

}  // namespace

HttpServer::HttpServer(GateOptions options, const Clock& clock)
    : gate_(
          with_slow_routes(std::move(options), routes_), clock,
          [this](const HttpRequest& request) { return answer(routes_, request); },
          [this](std::string_view path) {
            const auto at = routes_.find(path);
            return at != routes_.end() && at->second.post != nullptr;
          }) {}

void HttpServer::get(std::string path, HttpHandler handler) {
  routes_[std::move(path)].get = std::move(handler);
}

void HttpServer::get_slow(std::string path, HttpHandler handler) {
  routes_[std::move(path)] = {.get = std::move(handler), .post = {}, .slow = true};
}

void HttpServer::post(std::string path, HttpHandler handler) {
  routes_[std::move(path)].post = std::move(handler);
}

}  // namespace exporter
