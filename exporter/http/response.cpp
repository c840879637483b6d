#include "exporter/http/response.h"

namespace exporter {

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
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

GateReply error_reply(int status) {
  HttpResponse response = error_response(status);
  GateReply reply;
  reply.status = status;
  const auto add = [&](std::string_view name, std::string_view value) {
    reply.head.append(name).append(": ").append(value).append("\r\n");
  };
  reply.head = "HTTP/1.1 " + std::to_string(status) + " ";
  reply.head.append(reason_phrase(status)).append("\r\n");
  add("Content-Type", response.content_type);
  add("Content-Length", std::to_string(response.body.size()));
  for (const auto& [name, value] : response.headers) add(name, value);
  for (const auto& [name, value] : security_headers()) add(name, value);
  add("Connection", "close");
  reply.head += "\r\n";
  reply.body = std::make_shared<const std::string>(std::move(response.body));
  return reply;
}

const std::vector<std::pair<std::string, std::string>>& security_headers() {
  static const std::vector<std::pair<std::string, std::string>> kHeaders = {
      {"Content-Security-Policy",
       "default-src 'self'; style-src 'self'; base-uri 'none'; form-action 'self'; "
       "frame-ancestors 'none'"},
      {"X-Content-Type-Options", "nosniff"},
      {"X-Frame-Options", "DENY"},
      {"Referrer-Policy", "no-referrer"},
  };
  return kHeaders;
}

}  // namespace exporter
