#include "exporter/host/nfs_methods.h"

#include "exporter/core/scan.h"

namespace exporter {

bool parse_rpc_line(std::string_view text, RpcLine& line) {
  line = {};
  line.name = next_word(text);
  while (line.count < line.values.size()) {
    const std::string_view word = next_word(text);
    if (word.empty()) return true;
    const auto value = to_number<std::uint64_t>(word.substr(0, word.find('.')));
    if (!value) return false;
    line.values[line.count++] = *value;
  }
  return true;
}

}  // namespace exporter
