#include "alerts/outbox_rows.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "exporter/core/clock.h"
#include "exporter/core/json_text.h"

namespace alerts {
namespace {

using exporter::ErrorKind;
using exporter::kNsPerMs;
using exporter::Moment;
using nlohmann::json;

constexpr int kVersion = 1;
constexpr std::int64_t kMaxUnixMs = 253'402'300'799'999;  // the last that RFC 3339 can write

// Boot time + offset = Unix time, as of this moment.
std::int64_t offset_ms(const Moment& now) { return (now.real_ns - now.boot_ns) / kNsPerMs; }

json unix_time(const std::optional<std::int64_t>& boot_ms, const Moment& now) {
  return boot_ms ? json(*boot_ms + offset_ms(now)) : json(nullptr);
}

// Nothing valid is before 1970, so the differences below cannot overflow.
std::int64_t boot_time(std::int64_t unix_ms, const Moment& now) {
  const std::int64_t past_ms = std::clamp<std::int64_t>(unix_ms, 0, now.real_ns / kNsPerMs);
  return past_ms - offset_ms(now);
}

class Reader {
 public:
  explicit Reader(const json& object, const Moment& now) : object_(object), now_(now) {}

  std::int64_t number(const char* key) {
    const json* value = find(key);
    if (value == nullptr || !value->is_number_integer()) return bad<std::int64_t>();
    const auto number = value->get<std::int64_t>();
    return number < 0 || number > kMaxUnixMs ? bad<std::int64_t>() : number;
  }
  bool boolean(const char* key) {
    const json* value = find(key);
    return value != nullptr && value->is_boolean() ? value->get<bool>() : bad<bool>();
  }
  std::string text(const char* key) {
    const json* value = find(key);
    return value != nullptr && value->is_string() ? value->get<std::string>() : bad<std::string>();
  }
  std::optional<std::int64_t> time(const char* key) {
    const json* value = find(key);
    if (value == nullptr || value->is_null()) return std::nullopt;
    return boot_time(number(key), now_);
  }
  std::map<std::string, std::string> texts(const char* key) {
    std::map<std::string, std::string> out;
    for (const auto& [name, value] : object(key).items()) {
      if (!value.is_string()) return bad<std::map<std::string, std::string>>();
      out.emplace(name, value.get<std::string>());
    }
    return out;
  }
  const json& object(const char* key) {
    static const json kNothing = json::object();
    const json* value = find(key);
    if (value != nullptr && value->is_object()) return *value;
    ok_ = false;
    return kNothing;
  }
  bool has(const char* key) const { return find(key) != nullptr; }
  bool ok() const { return ok_; }

 private:
  const json* find(const char* key) const {
    if (!object_.is_object()) return nullptr;
    const auto it = object_.find(key);
    return it == object_.end() ? nullptr : &*it;
  }
  template <class T>
  T bad() {
    ok_ = false;
    return T{};
  }

  const json& object_;
  const Moment& now_;
  bool ok_ = true;
};

}  // namespace

std::string row_to_json(const OutboxRow& row, const Moment& now) {
  json members = json::object();
  for (const auto& [url, delivery] : row.deliveries) {
    members[url] = {{"taken", unix_time(delivery.taken_ms, now)},
                    {"activeSince", unix_time(delivery.active_since_ms, now)},
                    {"refused", unix_time(delivery.refused_ms, now)},
                    {"toldResolved", delivery.told_resolved}};
  }
  json document = {{"v", kVersion},
                   {"labels", row.alert.labels},
                   {"annotations", row.alert.annotations},
                   {"generatorURL", row.alert.generator_url},
                   {"startsAt", row.alert.starts_at_ms},
                   {"resolvedAt", row.alert.resolved_at_ms},
                   {"announced", row.announced},
                   {"members", std::move(members)}};
  if (row.acknowledged_at_ms != 0) document["acknowledgedAt"] = row.acknowledged_at_ms;
  return exporter::json_text(document);
}

exporter::Result<OutboxRow> row_from_json(std::string_view text, const Moment& now) {
  const auto refuse = [](const char* why) {
    return exporter::fail(ErrorKind::kParse, std::string("outbox row: ") + why);
  };
  if (exporter::is_too_deep(text)) return refuse("nested too deep");
  const json document = exporter::parse_json(text);
  if (document.is_discarded()) return refuse("not JSON");
  Reader reader(document, now);
  if (reader.number("v") != kVersion) return refuse("of another version");
  OutboxRow row;
  row.alert.labels = reader.texts("labels");
  row.alert.annotations = reader.texts("annotations");
  row.alert.generator_url = reader.text("generatorURL");
  row.alert.starts_at_ms = reader.number("startsAt");
  row.alert.resolved_at_ms = reader.number("resolvedAt");
  row.announced = reader.boolean("announced");
  if (reader.has("acknowledgedAt")) row.acknowledged_at_ms = reader.number("acknowledgedAt");
  row.resolved_ms = boot_time(row.alert.resolved_at_ms, now);
  bool ok = reader.ok() && !row.alert.labels.empty();
  for (const auto& [url, value] : reader.object("members").items()) {
    Reader member(value, now);
    Delivery& delivery = row.deliveries[url];
    delivery.taken_ms = member.time("taken");
    delivery.active_since_ms = member.time("activeSince");
    delivery.refused_ms = member.time("refused");
    delivery.told_resolved = member.boolean("toldResolved");
    ok = ok && member.ok();
  }
  if (!ok || !reader.ok()) return refuse("a field is missing or of a wrong type");
  return row;
}

}  // namespace alerts
