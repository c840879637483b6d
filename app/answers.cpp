#include "app/answers.h"

#include <utility>

namespace app {

using exporter::HttpResponse;

HttpResponse answer(int status, const char* content_type, std::string body) {
  HttpResponse response;
  response.status = status;
  response.content_type = content_type;
  response.body = std::move(body);
  return response;
}

HttpResponse plain_answer(int status, std::string body) {
  return answer(status, "text/plain; charset=utf-8", std::move(body));
}

HttpResponse json_answer(int status, std::string body) {
  return answer(status, "application/json", std::move(body));
}

}  // namespace app
