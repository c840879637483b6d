// An SMTP server that offers STARTTLS, as steps:
//
//   expect ^220     send EHLO prober
//   expect ^250 STARTTLS, or ^250[ -]STARTTLS
//   send STARTTLS
//   expect ^220     starttls
#include "exporter/probes/dialogue.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "exporter/core/text.h"
#include "exporter/probes/body_check.h"

namespace exporter {
namespace {

constexpr std::size_t kMaxSendBytes = 4096;
constexpr std::size_t kMaxSentBytes = 64 * 1024;  // after substitution
constexpr std::size_t kMaxShownBytes = 60;
constexpr int kMaxGroups = 9;

}  // namespace

std::string step_error(const DialogueStep& step) {
  if (step.expect.empty() && step.send.empty() && !step.starttls) return "asks for nothing";
  if (std::string error = pattern_error(step.expect); !error.empty()) return "expect: " + error;
  if (step.send.size() > kMaxSendBytes) return "send: longer than 4096 bytes";
  if (step.expect.empty() || step.send.empty()) return {};
  std::string error;
  const re2::RE2 pattern(step.expect, re2::RE2::Quiet);
  return pattern.CheckRewriteString(step.send, &error) ? std::string() : "send: " + error;
}

Dialogue::Dialogue(const std::vector<DialogueStep>& steps) : steps_(steps) {
  for (const DialogueStep& step : steps) {
    expected_.push_back(
        step.expect.empty() ? nullptr : std::make_unique<re2::RE2>(step.expect, re2::RE2::Quiet));
  }
  reset();
}

Dialogue::~Dialogue() = default;

void Dialogue::reset() {
  in_.clear();
  last_line_.clear();
  enter(0);
}

void Dialogue::enter(std::size_t step) {
  step_ = step;
  out_.clear();
  sent_ = 0;
  if (step_ == steps_.size()) {
    want_ = Want::kNothing;
  } else if (expected_[step_] == nullptr) {
    after_expect({});
  } else {
    want_ = Want::kReceive;
    while (want_ == Want::kReceive && step_ == step && next_line()) {
    }
  }
}

bool Dialogue::received(std::string_view bytes) {
  in_ += bytes;
  const std::size_t step = step_;
  while (want_ == Want::kReceive && step_ == step && next_line()) {
  }
  return want_ != Want::kReceive || in_.size() <= kMaxLineBytes;
}

// Looks at one whole line; false when there is none.
bool Dialogue::next_line() {
  const std::size_t end = in_.find('\n');
  if (end == std::string::npos) return false;
  std::string line = in_.substr(0, end);
  in_.erase(0, end + 1);
  if (line.ends_with('\r')) line.pop_back();
  last_line_ = line.substr(0, kMaxLineBytes);
  if (re2::RE2::PartialMatch(line, *expected_[step_])) after_expect(line);
  return true;
}

void Dialogue::after_expect(std::string_view line) {
  const DialogueStep& step = steps_[step_];
  if (step.send.empty()) {
    after_send();
    return;
  }
  out_.clear();
  sent_ = 0;
  if (expected_[step_] == nullptr) {
    out_ = step.send;
  } else {
    std::array<re2::StringPiece, kMaxGroups + 1> groups;
    const re2::RE2& pattern = *expected_[step_];
    const int count = std::min(pattern.NumberOfCapturingGroups(), kMaxGroups) + 1;
    pattern.Match({line.data(), line.size()}, 0, line.size(), re2::RE2::UNANCHORED, groups.data(),
                  count);
    pattern.Rewrite(&out_, step.send, groups.data(), count);
    out_.resize(std::min(out_.size(), kMaxSentBytes));
  }
  out_ += "\r\n";
  want_ = Want::kSend;
}

void Dialogue::sent(std::size_t bytes) {
  sent_ += bytes;
  if (sent_ >= out_.size()) after_send();
}

void Dialogue::after_send() {
  if (steps_[step_].starttls) {
    want_ = Want::kStartTls;
  } else {
    enter(step_ + 1);
  }
}

bool Dialogue::tls_started() {
  if (!in_.empty()) return false;
  enter(step_ + 1);
  return true;
}

std::string Dialogue::waits_for() const {
  if (want_ != Want::kReceive) return "sending";
  std::string text =
      "waiting for a line that matches " + printable(steps_[step_].expect, kMaxShownBytes);
  if (!last_line_.empty()) {
    text += ", the last one was '" + printable(last_line_, kMaxShownBytes) + "'";
  }
  return text;
}

}  // namespace exporter
