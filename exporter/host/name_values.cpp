// pgpgin 5839224
// Ip6InReceives                      15
#include "exporter/host/name_values.h"

#include "exporter/core/scan.h"

namespace exporter {

void parse_name_values(std::string_view text, std::vector<NameValue>& values, LineErrors& errors) {
  values.clear();
  std::string_view line;
  while (next_line(text, line)) {
    std::string_view rest = line;
    const std::string_view name = next_word(rest);
    if (const auto value = next_integer(rest)) {
      values.push_back({name, *value});
    } else {
      errors.add(line);
    }
  }
}

}  // namespace exporter
