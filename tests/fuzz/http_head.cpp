// A request head arrives in pieces: however it is cut, the scanner comes to the same end as over
// the whole, and what the parser accepts obeys the limits that the rest of the server relies on.
#include <algorithm>

#include "exporter/http/request_head.h"
#include "tests/fuzz/fuzz.h"

namespace {

bool is_control(char character) {
  const auto byte = static_cast<unsigned char>(character);
  return byte < 0x20 || byte == 0x7F;
}

void check_request(const exporter::HttpRequest& request) {
  FUZZ_CHECK(request.method == "GET" || request.method == "HEAD" || request.method == "POST");
  FUZZ_CHECK(request.path.starts_with('/'));
  FUZZ_CHECK(std::ranges::none_of(request.path, is_control));
  FUZZ_CHECK(request.content_length <= exporter::kMaxBodyBytes);
  for (const auto& [name, value] : request.headers) {
    FUZZ_CHECK(!name.empty());
    FUZZ_CHECK(std::ranges::none_of(value, is_control));
  }
}

}  // namespace

void fuzz_http_head(std::string_view input) {
  exporter::HeadScanner whole;
  const exporter::HeadState state = whole.scan(input);

  exporter::HeadScanner pieces;
  exporter::HeadState piecewise = exporter::HeadState::kIncomplete;
  for (std::size_t n = 1; n <= input.size() && piecewise == exporter::HeadState::kIncomplete; ++n) {
    piecewise = pieces.scan(input.substr(0, n));
  }
  FUZZ_CHECK(piecewise == state);
  FUZZ_CHECK(pieces.status() == whole.status());
  if (state != exporter::HeadState::kComplete) return;

  FUZZ_CHECK(pieces.head_bytes() == whole.head_bytes());
  FUZZ_CHECK(whole.head_bytes() <= input.size());
  const auto request = exporter::parse_request_head(input.substr(0, whole.head_bytes()));
  if (request) {
    check_request(*request);
  } else {
    FUZZ_CHECK(request.error() >= 400 && request.error() < 600);
  }
}
