// What a probed server answers: a body in pieces of any size, and echo replies. What a body
// contains is the same in one piece and in many.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "exporter/core/text.h"
#include "exporter/probes/body_check.h"
#include "exporter/probes/echo_socket.h"
#include "tests/fuzz/fuzz.h"

namespace {

using exporter::BodyCheck;
using exporter::HttpTarget;

std::optional<exporter::Failure> judge(const HttpTarget& target, std::string_view body,
                                       std::size_t piece) {
  BodyCheck check(target);
  check.reset();
  for (std::string_view rest = body; !rest.empty();
       rest.remove_prefix(std::min(piece, rest.size()))) {
    if (!check.take(rest.substr(0, piece))) break;
  }
  auto failure = check.verdict();
  FUZZ_CHECK(!failure || exporter::is_valid_utf8(failure->reason));
  return failure;
}

}  // namespace

// The first byte is the size of the pieces, the next three are what has to be in the rest.
void fuzz_probe_answer(std::string_view input) {
  exporter::is_echo_reply(input.substr(0, input.size() / 2), input.substr(input.size() / 2), false,
                          false);
  exporter::is_echo_reply(input.substr(0, input.size() / 2), input.substr(input.size() / 2), true,
                          true);
  if (input.size() < 4) return;
  const std::size_t piece = static_cast<unsigned char>(input[0]) + std::size_t{1};
  const std::string needle(input.substr(1, 3));
  const std::string_view body = input.substr(4);

  HttpTarget contains;
  contains.body_contains = needle;
  FUZZ_CHECK(judge(contains, body, piece).has_value() == (body.find(needle) == body.npos));

  HttpTarget patterns;
  patterns.body_matches = "(?s)up.*[0-9]+";
  patterns.body_lacks = "error|down";
  HttpTarget values;
  values.body_json = {{"/status", "\"up\""}, {"/checks/0/ok", "true"}};
  for (const HttpTarget* target : {&patterns, &values}) {
    FUZZ_CHECK(judge(*target, body, piece).has_value() ==
               judge(*target, body, body.size() + 1).has_value());
  }
}
