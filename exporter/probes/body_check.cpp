// JSON is read by nlohmann/json with a limit of depth; an expected value is compared as a value:
// `"up"`, `up` (the same text), `3` (also 3.0), `true`, `null`.
#include "exporter/probes/body_check.h"

#include <re2/re2.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "exporter/core/json_text.h"
#include "exporter/core/text.h"

namespace exporter {
namespace {

using nlohmann::json;

constexpr std::int64_t kMaxPatternMemory = 8 << 20;
constexpr std::size_t kMaxShownBytes = 60;
constexpr std::size_t kMaxIdleBytes = 4096;  // kept between attempts

std::unique_ptr<re2::RE2> compile(const std::string& pattern) {
  if (pattern.empty()) return nullptr;
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxPatternMemory);
  return std::make_unique<re2::RE2>(pattern, options);
}

// Deeper values are left out; what is asked for may stand above them all the same.
json read_json(std::string_view text) {
  const auto shallow = [](int depth, json::parse_event_t, json&) {
    return depth <= static_cast<int>(kMaxJsonDepth);
  };
  return json::parse(text.begin(), text.end(), shallow, /*allow_exceptions=*/false);
}

json expected_value(const std::string& text) {
  json value = read_json(text);
  return value.is_discarded() ? json(text) : value;
}

}  // namespace

std::string pattern_error(const std::string& pattern) {
  const auto compiled = compile(pattern);
  return compiled == nullptr || compiled->ok() ? std::string() : compiled->error();
}

std::string json_pointer_error(const std::string& pointer) {
  try {
    static_cast<void>(json::json_pointer(pointer));
  } catch (const json::exception&) {
    return "'" + printable(pointer, kMaxShownBytes) + "' is not a JSON pointer such as /status/db";
  }
  return {};
}

BodyCheck::BodyCheck(const HttpTarget& target)
    : target_(target),
      matches_(compile(target.body_matches)),
      lacks_(compile(target.body_lacks)),
      keep_(matches_ != nullptr || lacks_ != nullptr || !target.body_json.empty()) {}

BodyCheck::~BodyCheck() = default;

void BodyCheck::reset() {
  bytes_ = 0;
  contains_ = false;
  kept_.clear();
  if (kept_.capacity() > kMaxIdleBytes) kept_.shrink_to_fit();
}

bool BodyCheck::take(std::string_view chunk) {
  const std::size_t room = kMaxProbedBytes - bytes_;
  const std::string_view taken = chunk.substr(0, room);
  bytes_ += taken.size();
  const std::string& wanted = target_.body_contains;
  if (keep_) {
    kept_ += taken;
  } else if (!wanted.empty() && !contains_) {
    kept_ += taken;
    contains_ = kept_.contains(wanted);
    const std::size_t tail = std::min(wanted.size() - 1, kept_.size());
    kept_.erase(0, kept_.size() - tail);
  }
  return chunk.size() <= room;
}

std::optional<Failure> BodyCheck::verdict() const {
  const auto failed = [](std::string reason) {
    return Failure{.phase = ProbePhase::kContent, .reason = std::move(reason)};
  };
  const auto pattern = [](const char* what, const std::string& text) {
    return Failure{.phase = ProbePhase::kContent,
                   .reason = "the body " + std::string(what) + " the pattern " +
                             printable(text, kMaxShownBytes),
                   .pattern_failed = true};
  };
  const bool contains = contains_ || (keep_ && kept_.contains(target_.body_contains));
  if (!target_.body_contains.empty() && !contains) {
    return failed("the body does not contain the expected text");
  }
  if (matches_ != nullptr && !re2::RE2::PartialMatch(kept_, *matches_)) {
    return pattern("does not match", target_.body_matches);
  }
  if (lacks_ != nullptr && re2::RE2::PartialMatch(kept_, *lacks_)) {
    return pattern("matches", target_.body_lacks);
  }
  return target_.body_json.empty() ? std::nullopt : json_verdict();
}

std::optional<Failure> BodyCheck::json_verdict() const {
  const auto failed = [](std::string reason) {
    return Failure{.phase = ProbePhase::kContent, .reason = std::move(reason)};
  };
  const json body = read_json(kept_);
  if (body.is_discarded()) return failed("the body is not JSON");
  for (const JsonCheck& check : target_.body_json) {
    const std::string shown = printable(check.pointer, kMaxShownBytes);
    try {
      const json::json_pointer pointer(check.pointer);
      if (!body.contains(pointer)) return failed("the body has no value at " + shown);
      const json& value = body.at(pointer);
      if (value == expected_value(check.equals)) continue;
      const std::string text = json_text(value);
      return failed("the body's " + shown + " is " + printable(text, kMaxShownBytes) + ", not " +
                    printable(check.equals, kMaxShownBytes));
    } catch (const json::exception&) {
      return failed("the body has no value at " + shown);
    }
  }
  return std::nullopt;
}

}  // namespace exporter
