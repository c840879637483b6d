// JSON as YAML for people: texts of several lines as literal blocks, others quoted as in JSON. Any
// thread.
#pragma once

#include <string>

namespace alerts {

// `json` is an object of texts, objects and lists of objects, made by this program.
std::string yaml_of_json(const std::string& json);

}  // namespace alerts
