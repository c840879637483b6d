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
#include <array>
#include <string_view>

#include <nlohmann/json.hpp>

#include "exporter/core/json_text.h"

namespace alerts {
namespace {

using nlohmann::ordered_json;

std::string quoted(const std::string& text) { return exporter::json_text(ordered_json(text)); }

// Keys are mostly ours, but labels are named by whoever wrote the file.
std::string key_text(const std::string& key) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  static constexpr std::array<std::string_view, 9> kWords = {"true", "false", "null", "yes", "no",
                                                             "on",   "off",   "y",    "n"};
  const bool plain = !key.empty() && (key.front() < '0' || key.front() > '9') &&
                     key.find_first_not_of(kPlain) == std::string::npos &&
                     std::ranges::find(kWords, key) == kWords.end();
  return plain ? key : quoted(key);
}

// As a block every line must be one, and nothing may depend on blanks at an end.
bool is_block(const std::string& text) {
  const auto is_odd = [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7F;
  };
  return text.contains('\n') && text.front() != ' ' && text.front() != '\n' && text.back() != ' ' &&
         text.back() != '\n' && std::ranges::none_of(text, is_odd);
}

void append_text(std::string& out, const std::string& text, const std::string& indent) {
  if (!is_block(text)) {
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

void append_map(std::string& out, const ordered_json& map, const std::string& indent,
                bool in_list) {
  for (const auto& [key, value] : map.items()) {
    out += in_list ? indent.substr(0, indent.size() - 2) + "- " : indent;
    in_list = false;
    out += key_text(key) + ":";
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
  append_map(out, exporter::parse_ordered_json(json), "", false);
  return out;
}

}  // namespace alerts
