// What the tests of this folder share: judgements made by hand, a store and a notifier that do as
// they are told, and a time that the test sets.
#pragma once

#include <chrono>
#include <cmath>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "alerts/notifier.h"
#include "alerts/spec.h"
#include "exporter/core/clock.h"
#include "slo/judgement.h"
#include "slo/store.h"

namespace alerts {

inline constexpr std::int64_t kStartUnixMs = 1'764'099'986'123;  // 2025-11-25T19:46:26.123Z

// `ms` after the start; the wall clock may be off by step_ms.
inline exporter::Moment moment(std::int64_t ms, std::int64_t step_ms = 0) {
  constexpr std::int64_t kNs = 1'000'000;
  return {.boot_ns = (5'000'000 + ms) * kNs,
          .mono_ns = (5'000'000 + ms) * kNs,
          .real_ns = (kStartUnixMs + ms + step_ms) * kNs};
}

class ManualClock final : public exporter::Clock {
 public:
  exporter::Moment now() const override { return moment(ms); }
  std::int64_t ms = 0;
};

// One objective, 99.99 % over 30 d, up, with the default rows, none of which fires.
inline slo::Judgement quiet(std::string service = "shop", std::string name = "website") {
  slo::SloSpec spec;
  spec.service = std::move(service);
  spec.name = std::move(name);
  slo::Judgement judgement;
  judgement.state = slo::State::kUp;
  for (const slo::AlertRow& row : spec.alert_rows) {
    slo::AlertView view;
    view.row = row;
    judgement.alerts.push_back(view);
  }
  judgement.budget = {.total_seconds = 259.2,
                      .consumed_seconds = 58.2,
                      .remaining_seconds = 201,
                      .remaining_ratio = 201 / 259.2};
  judgement.exhaustion_seconds = 7800;
  judgement.spec = std::make_shared<const slo::SloSpec>(std::move(spec));
  return judgement;
}

// Row 0 and 1 page, 2 and 3 ticket.
inline slo::Judgement burning(std::size_t row, slo::Judgement judgement = quiet()) {
  judgement.alerts[row].reading.firing = true;
  judgement.alerts[row].reading.long_burn = 41.7;
  judgement.alerts[row].reading.short_burn = 52.14;
  return judgement;
}

inline slo::Judgement stale(slo::Judgement judgement) {
  for (slo::AlertView& view : judgement.alerts) view.reading.stale = true;
  judgement.stale = true;
  judgement.state = slo::State::kUnknown;
  return judgement;
}

inline slo::Judgement down(std::int64_t down_ms, slo::Judgement judgement = quiet()) {
  judgement.state = slo::State::kDown;
  judgement.cause = slo::Cause::kTimeout;
  slo::IncidentRecord incident;
  incident.open = true;
  incident.start_ms = kStartUnixMs;
  incident.detected_ms = -down_ms;  // as time stands still in snapshot()
  incident.down_ms = down_ms;
  judgement.open_incident = incident;
  return judgement;
}

template <class Change>
slo::Judgement with_spec(slo::Judgement judgement, Change change) {
  slo::SloSpec spec = *judgement.spec;
  change(spec);
  judgement.spec = std::make_shared<const slo::SloSpec>(std::move(spec));
  return judgement;
}

inline slo::Snapshot snapshot(std::vector<slo::Judgement> judgements) {
  slo::Snapshot snapshot;
  snapshot.slos = std::move(judgements);
  return snapshot;
}

inline std::shared_ptr<const slo::Snapshot> published(std::vector<slo::Judgement> judgements) {
  return std::make_shared<const slo::Snapshot>(snapshot(std::move(judgements)));
}

inline AlertingSpec members(std::size_t count) {
  AlertingSpec spec;
  for (std::size_t i = 0; i < count; ++i) {
    spec.alertmanagers.emplace_back().url = "http://am-" + std::to_string(i) + ":9093";
  }
  return spec;
}

// Keeps documents like a store; whether a write is durable is the test's choice.
class FakeStore final : public slo::Store {
 public:
  slo::Rows load() override {
    slo::Rows rows;
    for (const auto& [key, value] : documents) rows.documents.push_back({"outbox", key, value});
    return rows;
  }
  slo::Ticket write(slo::Facts, std::vector<slo::Document> rows) override {
    ++writes;
    for (const slo::Document& row : rows) {
      if (row.value) {
        documents[row.key] = *row.value;
      } else {
        documents.erase(row.key);
      }
    }
    return gives_up ? 0 : writes;
  }
  bool wait(slo::Ticket ticket, std::chrono::steady_clock::time_point deadline) override {
    longest_wait = std::max(longest_wait, deadline - std::chrono::steady_clock::now());
    return durable && ticket != 0;
  }
  slo::StoreStatus status() const override { return {}; }
  exporter::Result<void> backup(const std::string&) override { return {}; }

  std::map<std::string, std::string> documents;
  std::uint64_t writes = 0;
  bool durable = true;
  bool gives_up = false;
  std::chrono::steady_clock::duration longest_wait{};
};

// Records every request and answers as the test says.
class RecordingNotifier final : public Notifier {
 public:
  struct Request {
    std::size_t member = 0;
    std::vector<Message> messages;
  };

  void set(const AlertingSpec&) override { unanswered.clear(); }
  void send(std::size_t member, const std::vector<Message>& messages) override {
    requests.push_back({member, messages});
    unanswered.push_back({member, messages});
  }
  // Answers with `states`, when there are any to answer with.
  bool ask(std::size_t member) override {
    if (!states) return false;
    asked.push_back(member);
    return true;
  }
  // Answers everything sent since the last call: kTaken, unless the member is named in `replies`.
  std::vector<Outcome> wait(std::chrono::milliseconds) override {
    std::vector<Outcome> outcomes;
    for (const Request& request : std::exchange(unanswered, {})) {
      if (hanging.contains(request.member)) {
        unanswered.push_back(request);
        continue;
      }
      const auto it = replies.find(request.member);
      outcomes.push_back({.member = request.member,
                          .reply = it == replies.end() ? Reply::kTaken : it->second,
                          .reason = it == replies.end() ? "" : "as the test wants it",
                          .states = {}});
    }
    for (const std::size_t member : std::exchange(asked, {})) {
      outcomes.push_back({.member = member,
                          .reply = Reply::kTaken,
                          .reason = "",
                          .asked = true,
                          .states = *states});
    }
    return outcomes;
  }
  void wake() override { ++wakes; }

  int wakes = 0;
  std::vector<Request> requests;
  std::vector<Request> unanswered;
  std::map<std::size_t, Reply> replies;
  std::map<std::size_t, bool> hanging;
  std::vector<std::size_t> asked;
  std::optional<std::vector<AlertState>> states;
};

}  // namespace alerts
