// Documents of the store, key to value:
//   exclusions       "7"    {"slos":["shop/*"],"from_ms":…,"to_ms":…,"reason":"…","created_ms":…}
//   false_incidents  "3/12" {"reason":"…","created_ms":…}       objective 3, incident 12
#include "app/ledger.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "exporter/core/json_text.h"
#include "exporter/core/log.h"
#include "exporter/core/text.h"
#include "slo/pattern.h"

namespace app {
namespace {

using exporter::ErrorKind;
using exporter::fail;
using exporter::Result;

constexpr char kExclusions[] = "exclusions";
constexpr char kFalseIncidents[] = "false_incidents";
constexpr std::size_t kMaxExclusions = 10'000;
constexpr std::size_t kMaxReasonBytes = 512;
constexpr std::chrono::seconds kPatience{2};

template <class Number>
bool parse_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

nlohmann::json exclusion_json(const Ledger::Exclusion& exclusion) {
  return {{"slos", exclusion.slos},
          {"from_ms", exclusion.excluded.period.begin_ms},
          {"to_ms", exclusion.excluded.period.end_ms},
          {"reason", exclusion.excluded.reason},
          {"created_ms", exclusion.created_ms}};
}

}  // namespace

Ledger::Ledger(slo::Runner& runner, slo::Store& store, const exporter::Clock& clock,
               const std::vector<slo::Document>& documents)
    : runner_(runner), store_(store), clock_(clock) {
  for (const slo::Document& document : documents) {
    const bool is_exclusion = document.collection == kExclusions;
    if ((!is_exclusion && document.collection != kFalseIncidents) || !document.value) continue;
    try {
      const nlohmann::json json = exporter::parse_json(*document.value);
      if (is_exclusion) {
        std::uint64_t id = 0;
        if (!parse_number(std::string_view(document.key), id)) continue;
        next_id_ = std::max(next_id_, id + 1);
        exclusions_[document.key] = {
            json.at("slos").get<std::vector<std::string>>(),
            {{json.at("from_ms").get<std::int64_t>(), json.at("to_ms").get<std::int64_t>()},
             json.at("reason").get<std::string>()},
            json.at("created_ms").get<std::int64_t>()};
        continue;
      }
      const std::string_view key = document.key;
      const std::size_t slash = key.find('/');
      slo::SloId slo = 0;
      std::int64_t incident = 0;
      if (slash == std::string_view::npos || !parse_number(key.substr(0, slash), slo) ||
          !parse_number(key.substr(slash + 1), incident)) {
        continue;
      }
      false_marks_[{slo, incident}] = {json.at("reason").get<std::string>(),
                                       json.at("created_ms").get<std::int64_t>()};
    } catch (const nlohmann::json::exception& error) {
      exporter::log(
          exporter::LogLevel::kError, "a remark in the history cannot be read",
          {{"collection", document.collection}, {"key", document.key}, {"error", error.what()}});
    }
  }
}

void Ledger::refresh() {
  const std::lock_guard guard(lock_);
  const auto of = [exclusions = exclusions_, marks = false_marks_](slo::SloId id,
                                                                   const slo::SloSpec& spec) {
    slo::Remarks remarks;
    for (auto mark = marks.lower_bound({id, 0}); mark != marks.end() && mark->first.first == id;
         ++mark) {
      remarks.false_incidents[mark->first.second] = mark->second.reason;
    }
    for (const auto& [number, exclusion] : exclusions) {
      const bool is_meant = std::ranges::any_of(exclusion.slos, [&](const std::string& pattern) {
        return slo::matches(pattern, spec.service, spec.name);
      });
      if (is_meant) remarks.exclusions[number] = exclusion.excluded;
    }
    const bool any = !remarks.false_incidents.empty() || !remarks.exclusions.empty();
    return any ? std::make_shared<const slo::Remarks>(std::move(remarks)) : nullptr;
  };
  runner_.call([&](slo::Engine& engine) { engine.set_remarks(of); });
}

Result<void> Ledger::keep(slo::Document document) {
  const slo::Ticket ticket = store_.write({}, {std::move(document)});
  refresh();
  if (store_.wait(ticket, std::chrono::steady_clock::now() + kPatience)) return {};
  return fail(ErrorKind::kUnavailable, "in force, but not on disk: " + store_.status().last_error);
}

Result<std::string> Ledger::exclude(Exclusion exclusion) {
  if (exclusion.slos.empty()) return fail(ErrorKind::kInvalid, "slos: names no objective");
  if (exclusion.excluded.period.length_ms() <= 0) {
    return fail(ErrorKind::kInvalid, "to: must be after 'from'");
  }
  if (exclusion.excluded.period.end_ms > utc_ms()) {
    return fail(ErrorKind::kInvalid,
                "to: lies in the future; what is planned is maintenance, in the configuration");
  }
  exclusion.excluded.reason = exporter::printable(exclusion.excluded.reason, kMaxReasonBytes);
  if (exclusion.excluded.reason.empty()) return fail(ErrorKind::kInvalid, "reason: is missing");
  const auto snapshot = runner_.published();
  for (const std::string& pattern : exclusion.slos) {
    bool any = false;
    for (const slo::Judgement& judged : snapshot ? snapshot->slos : std::vector<slo::Judgement>{}) {
      any = any || slo::matches(pattern, judged.spec->service, judged.spec->name);
    }
    if (!any) {
      return fail(ErrorKind::kNotFound,
                  "slos: '" + exporter::printable(pattern, 80) + "' names no objective");
    }
  }
  exclusion.created_ms = utc_ms();
  std::string id;
  std::string value;
  {
    const std::lock_guard guard(lock_);
    if (exclusions_.size() >= kMaxExclusions) {
      return fail(ErrorKind::kInvalid, "there are too many exclusions already");
    }
    id = std::to_string(next_id_++);
    value = exporter::json_text(exclusion_json(exclusion));
    exclusions_[id] = std::move(exclusion);
  }
  if (auto kept = keep({kExclusions, id, std::move(value)}); !kept) {
    return std::unexpected(kept.error());
  }
  return id;
}

Result<void> Ledger::take_back(const std::string& id) {
  {
    const std::lock_guard guard(lock_);
    if (exclusions_.erase(id) == 0) {
      return fail(ErrorKind::kNotFound,
                  "id: there is no exclusion '" + exporter::printable(id, 40) + "'");
    }
  }
  return keep({kExclusions, id, std::nullopt});
}

Result<void> Ledger::mark_false(const std::string& service, const std::string& name,
                                std::int64_t incident, const std::string& reason) {
  slo::SloId slo = 0;
  bool known = false;
  runner_.call([&](slo::Engine& engine) {
    for (const auto& [id, spec] : engine.specs()) {
      if (spec->service == service && spec->name == name) slo = id;
    }
    known = slo != 0 && engine.has_incident(slo, incident);
  });
  if (!known) {
    return fail(ErrorKind::kNotFound, "incident: there is no #" + std::to_string(incident) +
                                          " of " + exporter::printable(service, 80) + "/" +
                                          exporter::printable(name, 80));
  }
  const Mark mark{exporter::printable(reason, kMaxReasonBytes), utc_ms()};
  const std::string key = std::to_string(slo) + "/" + std::to_string(incident);
  std::optional<std::string> value;
  {
    const std::lock_guard guard(lock_);
    if (mark.reason.empty()) {
      false_marks_.erase({slo, incident});
    } else {
      false_marks_[{slo, incident}] = mark;
      value = exporter::json_text(
          nlohmann::json{{"reason", mark.reason}, {"created_ms", mark.created_ms}});
    }
  }
  return keep({kFalseIncidents, key, std::move(value)});
}

std::map<std::string, Ledger::Exclusion> Ledger::exclusions() const {
  const std::lock_guard guard(lock_);
  return exclusions_;
}

}  // namespace app
