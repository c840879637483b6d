#include "exporter/http/response.h"

namespace exporter {
namespace {

constexpr std::size_t kUsualHeadBytes = 512;

// Sent with every response. The status page is all own files, so nothing else may be loaded.
constexpr std::string_view kSecurityHeaders =
    "Content-Security-Policy: default-src 'self'; style-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: no-referrer\r\n";

}  // namespace

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Status";
  }
}

HttpResponse error_response(int status) {
  HttpResponse response;
  response.status = status;
  response.body = std::to_string(status);
  response.body.append(" ").append(reason_phrase(status)).append("\n");
  if (status == 405) response.headers.emplace_back("Allow", "GET, HEAD");
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

GateReply reply_with(HttpResponse response, bool keep_alive) {
  if (!response.shared_body) {
    response.shared_body = std::make_shared<const std::string>(std::move(response.body));
  }
  GateReply reply;
  reply.status = response.status;
  reply.keep_alive = keep_alive;
  reply.head.reserve(kUsualHeadBytes);
  reply.head.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  reply.head.append(reason_phrase(response.status)).append("\r\n");
  const auto add = [&head = reply.head](std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
  };
  add("Content-Type", response.content_type);
  add("Content-Length", std::to_string(response.shared_body->size()));
  if (response.already_gzipped) {
    add("Content-Encoding", "gzip");
    add("Vary", "Accept-Encoding");
  }
  for (const auto& [name, value] : response.headers) add(name, value);
  reply.head += kSecurityHeaders;
  if (!keep_alive) add("Connection", "close");
  reply.head += "\r\n";
  reply.body = std::move(response.shared_body);
  return reply;
}

GateReply error_reply(int status) { return reply_with(error_response(status), false); }

}  // namespace exporter
