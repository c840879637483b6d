// What handlers return and what the gate sends. A page is one shared buffer: however many clients
// take it, it is never copied for one of them. Any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace exporter {

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::shared_ptr<const std::string> shared_body;  // when set, it is the body
  bool already_gzipped = false;  // the body is gzip; only for a request that accepts_gzip
  std::vector<std::pair<std::string, std::string>> headers;  // values are ours, without CR and LF
};

// Ready to be written: a head with its empty line, then the body, which is null when there is none
// to send.
struct GateReply {
  int status = 0;
  std::string head;
  std::shared_ptr<const std::string> body;
  bool keep_alive = false;  // as the head says
};

std::string_view reason_phrase(int status);

// A fixed body that says the status and nothing of the request.
HttpResponse error_response(int status);

// What the gate sends for it, head and body: RFC 9112, section 4. keep_alive: the client may ask
// again on its connection.
GateReply reply_with(HttpResponse response, bool keep_alive);

// For requests that are answered before they reach a handler: an error_response() that is the last.
GateReply error_reply(int status);

}  // namespace exporter
