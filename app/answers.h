// What the web's handlers answer with. Any thread.
#pragma once

#include <string>

#include "exporter/http/response.h"

namespace app {

exporter::HttpResponse answer(int status, const char* content_type, std::string body);
exporter::HttpResponse plain_answer(int status, std::string body);  // body with its newline
exporter::HttpResponse json_answer(int status, std::string body);

}  // namespace app
