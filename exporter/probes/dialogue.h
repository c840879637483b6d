// A conversation in lines over a stream, as blackbox_exporter's query_response describes it: in
// each step a line that matches is waited for, then a line is sent, then TLS begins, each only if
// the step asks for it. Pure: bytes in, bytes out. One object for one probe.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/probes/target.h"

namespace re2 {
class RE2;
}

namespace exporter {

class Dialogue {
 public:
  enum class Want : std::uint8_t { kReceive, kSend, kStartTls, kNothing };

  // The steps are ones that check_spec accepts, and must outlive this.
  explicit Dialogue(const std::vector<DialogueStep>& steps);
  ~Dialogue();

  void reset();
  Want want() const { return want_; }

  // With kReceive: what came. Lines that do not match are passed over. False: a line is longer than
  // kMaxLineBytes.
  bool received(std::string_view bytes);
  // With kSend: what is to be sent, and that so much of it was.
  std::string_view to_send() const { return std::string_view(out_).substr(sent_); }
  void sent(std::size_t bytes);
  // With kStartTls. False: the peer sent more in clear than was asked for, which would be taken for
  // what it says under TLS.
  bool tls_started();

  // What is waited for: "a line that matches ^220 ", and the last line that came instead.
  std::string waits_for() const;

  static constexpr std::size_t kMaxLineBytes = 8192;

 private:
  void enter(std::size_t step);
  void after_expect(std::string_view line);
  void after_send();
  bool next_line();

  const std::vector<DialogueStep>& steps_;
  std::vector<std::unique_ptr<re2::RE2>> expected_;
  std::size_t step_ = 0;
  Want want_ = Want::kNothing;
  std::string in_;  // what came and was not looked at
  std::string out_;
  std::size_t sent_ = 0;
  std::string last_line_;
};

// What is wrong with a step, starting with its key; empty: nothing.
std::string step_error(const DialogueStep& step);

}  // namespace exporter
