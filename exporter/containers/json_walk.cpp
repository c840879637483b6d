#include "exporter/containers/json_walk.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

namespace exporter {
namespace {

using nlohmann::json;

class Walker final : public nlohmann::json_sax<json> {
 public:
  using Tell = std::function<void(JsonPath, const JsonValue&)>;
  explicit Walker(const Tell& tell) : tell_(tell) {}

  std::size_t failed_at() const { return failed_at_; }

  bool null() override { return give({}); }
  bool boolean(bool value) override {
    return give({.kind = JsonValue::Kind::kBoolean, .text = {}, .integer = 0, .boolean = value});
  }
  bool number_integer(number_integer_t value) override { return give_integer(value); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return give({});
    }
    return give_integer(static_cast<std::int64_t>(value));
  }
  bool number_float(number_float_t, const string_t&) override { return give({}); }
  bool string(string_t& value) override {
    return give({.kind = JsonValue::Kind::kText, .text = value, .integer = 0, .boolean = false});
  }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return open(false); }
  bool key(string_t& value) override {
    path_.back() = value;
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(true); }
  bool end_array() override { return close(); }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    failed_at_ = position;
    return false;
  }

 private:
  struct Level {
    bool array = false;
    std::size_t next = 0;
  };

  void name_element() {
    if (!levels_.empty() && levels_.back().array) {
      path_.back() = std::to_string(levels_.back().next++);
    }
  }
  bool give(const JsonValue& value) {
    name_element();
    tell_(path_, value);
    return true;
  }
  bool give_integer(std::int64_t value) {
    return give(
        {.kind = JsonValue::Kind::kInteger, .text = {}, .integer = value, .boolean = false});
  }
  bool open(bool array) {
    name_element();
    if (levels_.size() == kMaxJsonDepth) return false;
    levels_.push_back({array, 0});
    path_.emplace_back();
    return true;
  }
  bool close() {
    levels_.pop_back();
    path_.pop_back();
    return true;
  }

  const Tell& tell_;
  std::vector<Level> levels_;
  std::vector<std::string> path_;
  std::size_t failed_at_ = 0;
};

}  // namespace

Result<void> walk_json(std::string_view text,
                       const std::function<void(JsonPath, const JsonValue&)>& tell) {
  if (text.size() > kMaxJsonBytes) return fail(ErrorKind::kInvalid, "JSON that is too large");
  Walker walker(tell);
  bool whole = false;
  try {
    whole = json::sax_parse(text, &walker);
  } catch (const json::exception&) {
    whole = false;
  }
  if (whole) return {};
  return fail(ErrorKind::kParse, "no JSON at byte " + std::to_string(walker.failed_at()));
}

}  // namespace exporter
