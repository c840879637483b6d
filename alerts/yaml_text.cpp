// For example
//
//   groups:
//     - name: "fournines-slo-shop-website"
//       rules:
//         - record: "slo:error_ratio:rate5m"
//           expr: |-
//             sum by (service, slo) (...)
#include "alerts/yaml_text.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace alerts {
namespace {

using nlohmann::ordered_json;

std::string quoted(const std::string& text) {
  return ordered_json(text).dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

void append_text(std::string& out, const std::string& text, const std::string& indent) {
  if (!text.contains('\n')) {
    out += quoted(text) + "\n";
    return;
  }
  out += "|-\n";
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    out += indent + "  " + text.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
}

void append_map(std::string& out, const ordered_json& map, std::string indent, bool in_list) {
  for (const auto& [key, value] : map.items()) {
    out += in_list ? indent.substr(0, indent.size() - 2) + "- " : indent;
    in_list = false;
    out += key + ":";
    if (value.is_string()) {
      out += ' ';
      append_text(out, value.get_ref<const std::string&>(), indent);
    } else if (value.is_object()) {
      out += '\n';
      append_map(out, value, indent + "  ", false);
    } else if (value.empty()) {
      out += " []\n";
    } else {
      out += '\n';
      for (const ordered_json& item : value) append_map(out, item, indent + "    ", true);
    }
  }
}

}  // namespace

std::string yaml_of_json(const std::string& json) {
  std::string out;
  append_map(out, ordered_json::parse(json, nullptr, false), "", false);
  return out;
}

}  // namespace alerts
