// The query string of a request target as parameters. Pure, any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace exporter {

inline constexpr std::size_t kMaxParams = 128;

// "collect[]=cpu&collect%5B%5D=mem+info" as pairs in their order, percent and plus decoded
// (application/x-www-form-urlencoded of the WHATWG URL standard). Nothing for a broken escape, for
// text that is not UTF-8 or holds control characters once decoded, and for more than kMaxParams.
std::optional<std::vector<std::pair<std::string, std::string>>> decode_query(
    std::string_view query);

}  // namespace exporter
