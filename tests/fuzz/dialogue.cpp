// What a peer says in a dialogue, in pieces that the bytes themselves decide about.
#include <algorithm>
#include <string_view>
#include <vector>

#include "exporter/probes/dialogue.h"
#include "tests/fuzz/fuzz.h"

void fuzz_dialogue(std::string_view input) {
  static const std::vector<exporter::DialogueStep> steps = {
      {.expect = "^220 (.*)$", .send = "EHLO \\1"},
      {.expect = "^250[- ]STARTTLS", .send = "STARTTLS"},
      {.expect = "^220", .starttls = true},
      {.send = "QUIT"},
      {.expect = "^221"},
  };
  exporter::Dialogue dialogue(steps);
  using Want = exporter::Dialogue::Want;
  for (int turn = 0; turn < 10'000 && dialogue.want() != Want::kNothing; ++turn) {
    if (dialogue.want() == Want::kSend) {
      FUZZ_CHECK(!dialogue.to_send().empty());
      dialogue.sent(std::min<std::size_t>(dialogue.to_send().size(), 7));
    } else if (dialogue.want() == Want::kStartTls) {
      if (!dialogue.tls_started()) return;
    } else {
      if (input.empty()) return;
      const std::size_t piece =
          std::min<std::size_t>(static_cast<unsigned char>(input[0]) % 32 + 1, input.size());
      FUZZ_CHECK(!dialogue.waits_for().empty());
      if (!dialogue.received(input.substr(0, piece))) return;
      input.remove_prefix(piece);
    }
  }
}
