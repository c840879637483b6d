// A program to be killed, starved and lied to by tests/e2e/test_store.py.
//   crash_writer write DIRECTORY COUNT   goes on from what is there; after each durable write "ack
//   N" crash_writer read DIRECTORY          "row N" for each that is whole, "half N" for each that
//   is
//                                        not, then what the store says about damage
// Between them "durable 0|1" when that changes. A directory that is refused: "error KIND MESSAGE",
// exit code 3.
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <set>
#include <string>

#include "slo/sqlite_store.h"

namespace {

using slo::Rows;

constexpr std::int64_t kStepMs = 1000;

void say(const std::string& line) {
  const std::string text = line + "\n";
  if (::write(STDOUT_FILENO, text.data(), text.size()) < 0) ::_exit(1);
}

std::string key_of(std::int64_t number) {
  std::string digits = std::to_string(number);
  return std::string(9 - digits.size(), '0') + digits;
}

// One row of each kind, told apart by its number. Every seventh comes with a heartbeat.
Rows rows_of(std::int64_t number) {
  Rows rows;
  const slo::SloId id = 1 + number % 3;
  const std::int64_t t_ms = number * kStepMs;
  rows.facts.slos = {
      {1, "shop", "front", 7, 0}, {2, "shop", "cart", 7, 0}, {3, "shop", "pay", 7, 0}};
  rows.facts.changes = {
      {id, t_ms, number % 2 == 0 ? slo::State::kUp : slo::State::kDown, slo::Cause::kNone}};
  slo::IncidentRecord incident;
  incident.slo = id;
  incident.id = number;
  incident.start_ms = incident.end_ms = t_ms;
  rows.facts.incidents = {incident};
  rows.documents = {
      {"outbox", key_of(number), std::string(static_cast<std::size_t>(number * 37 % 3000), 'x')}};
  if (number % 7 == 1) {
    slo::Heartbeat& beat = rows.facts.heartbeat.emplace();
    beat.boot_id = "b7c1f2";
    beat.t_ms = t_ms;
    for (slo::SloId each = 1; each <= 3; ++each) {
      slo::SloCounters& counters = beat.counters.emplace_back();
      counters.id = each;
      counters.t_ms = t_ms;
    }
  }
  return rows;
}

int refused(const exporter::Error& error) {
  static constexpr const char* kKinds[] = {"not_found", "io",          "parse",
                                           "invalid",   "unavailable", "conflict"};
  say(std::string("error ") + kKinds[static_cast<int>(error.kind)] + " " + error.message);
  return 3;
}

int write_rows(slo::Store& store, std::int64_t count) {
  std::int64_t number = 0;
  for (const slo::Document& document : store.load().documents) {
    std::from_chars(document.key.data(), document.key.data() + document.key.size(), number);
  }
  bool durable = true;
  const auto watch = [&] {
    const slo::StoreStatus status = store.status();
    if (status.durable != durable) {
      durable = status.durable;
      say("durable " + std::to_string(durable) + (durable ? "" : " " + status.last_error));
    }
  };
  for (std::int64_t i = 0; i < count; ++i) {
    Rows rows = rows_of(++number);
    const slo::Ticket ticket = store.write(std::move(rows.facts), std::move(rows.documents));
    while (!store.wait(ticket, std::chrono::steady_clock::now() + std::chrono::milliseconds(20))) {
      watch();
    }
    watch();
    say("ack " + std::to_string(number));
  }
  return 0;
}

int read_rows(slo::Store& store) {
  const Rows rows = store.load();
  std::set<std::int64_t> changes;
  std::set<std::int64_t> incidents;
  std::set<std::int64_t> documents;
  for (const slo::StateChange& row : rows.facts.changes) changes.insert(row.t_ms / kStepMs);
  for (const slo::IncidentRecord& row : rows.facts.incidents) incidents.insert(row.id);
  for (const slo::Document& row : rows.documents) {
    if (row.collection != "outbox") continue;
    const std::int64_t number = std::stoll(row.key);
    const bool is_as_written = row == rows_of(number).documents[0];
    if (is_as_written) documents.insert(number);
  }
  std::set<std::int64_t> all = changes;
  all.insert(incidents.begin(), incidents.end());
  all.insert(documents.begin(), documents.end());
  for (const std::int64_t number : all) {
    const bool whole =
        changes.contains(number) && incidents.contains(number) && documents.contains(number);
    say((whole ? "row " : "half ") + std::to_string(number));
  }
  // Durable only after the check, which comes first on the store's thread.
  const slo::Ticket ticket = store.write({}, {{"reader", "was here", "x"}});
  store.wait(ticket, std::chrono::steady_clock::now() + std::chrono::seconds(60));
  const slo::StoreStatus status = store.status();
  say("check " + std::to_string(static_cast<int>(status.check)));
  say("dropped " + std::to_string(status.dropped_rows));
  say("damaged " + status.damaged_file);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  slo::StoreOptions options;
  options.directory = argv[2];
  options.retry_after = std::chrono::milliseconds(30);
  const exporter::SystemClock clock;
  auto store = slo::SqliteStore::open(options, clock);
  if (!store) return refused(store.error());
  if (std::strcmp(argv[1], "read") == 0) return read_rows(**store);
  return write_rows(**store, argc > 3 ? std::stoll(argv[3]) : INT64_MAX);
}
