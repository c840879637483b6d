// Whether the body of an answer is the expected one: a text in it, patterns in it or not in it,
// values in its JSON. Judges the first kMaxProbedBytes; keeps the body only when a pattern or a
// JSON value is asked for. One object for one probe, probe thread.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/probes/prober.h"

namespace re2 {
class RE2;
}

namespace exporter {

class BodyCheck {
 public:
  // The target is one that check_spec accepts, and must outlive this.
  explicit BodyCheck(const HttpTarget& target);
  ~BodyCheck();

  // Also gives up the memory of a large body.
  void reset();
  // False when the body is longer than what is judged: no more is wanted.
  bool take(std::string_view chunk);
  std::size_t bytes() const { return bytes_; }
  std::optional<Failure> verdict() const;

 private:
  std::optional<Failure> json_verdict() const;

  const HttpTarget& target_;
  std::unique_ptr<re2::RE2> matches_;
  std::unique_ptr<re2::RE2> lacks_;
  bool keep_;
  std::size_t bytes_ = 0;
  bool contains_ = false;
  std::string kept_;  // the body, or what may be the beginning of body_contains
};

// Empty when the pattern is one; else what is wrong with it.
std::string pattern_error(const std::string& pattern);

// Why pointer is no JSON pointer, empty when it is one.
std::string json_pointer_error(const std::string& pointer);

}  // namespace exporter
