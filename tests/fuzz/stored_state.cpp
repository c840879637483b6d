// What the store decodes: lists of integers, SQLite's log, and a database file in which any bytes
// were changed. Whatever it reads back, rows keep the promises of Store::load().
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <unordered_set>

#include "slo/sqlite_codec.h"
#include "slo/sqlite_history.h"
#include "slo/sqlite_log_check.h"
#include "tests/fuzz/fuzz.h"

namespace {

using slo::Rows;

Rows sample() {
  Rows rows;
  rows.facts.boots = {{"0d5e3a", 1'000, 77}, {"b7c1f2", 500'000, -3}};
  slo::Heartbeat& beat = rows.facts.heartbeat.emplace();
  beat.boot_id = "b7c1f2";
  beat.t_ms = 9'000'000;
  beat.gap_ms = {0, 5, 70'000};
  for (slo::SloId id = 1; id <= 3; ++id) {
    rows.facts.slos.push_back({id, "shop", "front", 7, 1'000});
    for (int i = 0; i < 20; ++i) {
      rows.facts.changes.push_back(
          {id, 2'000 + 60'000LL * i, static_cast<slo::State>(i % 3), slo::Cause::kNone});
    }
    slo::IncidentRecord incident;
    incident.slo = id;
    incident.id = 1;
    rows.facts.incidents.push_back(incident);
    slo::SloCounters& counters = beat.counters.emplace_back();
    counters.id = id;
    counters.recent_bad = {5, 6};
  }
  rows.documents = {{"outbox", "page-1", "bytes"}, {"outbox", "page-2", std::string(300, 'x')}};
  return rows;
}

// A sound history as a file's bytes, not in WAL mode: an image in memory has no log.
std::string sound_image() {
  std::string directory = std::filesystem::temp_directory_path() / "fournines-fuzz-XXXXXX";
  FUZZ_CHECK(::mkdtemp(directory.data()) != nullptr);
  const std::string path = directory + "/image";
  FUZZ_CHECK(slo::SqliteHistory::create(path, sample()));
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  std::filesystem::remove_all(directory);
  FUZZ_CHECK(bytes.size() > 20);
  bytes[18] = bytes[19] = 1;
  return bytes;
}

void check_rows(const Rows& rows) {
  const slo::Facts& facts = rows.facts;
  std::unordered_set<slo::SloId> known;
  for (const slo::SloRow& row : facts.slos) FUZZ_CHECK(known.insert(row.id).second);
  for (std::size_t i = 0; i < facts.changes.size(); ++i) {
    const slo::StateChange& row = facts.changes[i];
    FUZZ_CHECK(row.state <= slo::State::kUnknown && known.contains(row.slo));
    if (i == 0) continue;
    const slo::StateChange& before = facts.changes[i - 1];
    FUZZ_CHECK(before.slo < row.slo || (before.slo == row.slo && before.t_ms < row.t_ms));
  }
  for (const slo::IncidentRecord& row : facts.incidents) {
    FUZZ_CHECK(known.contains(row.slo) && (row.open || row.end_ms >= row.start_ms));
  }
  FUZZ_CHECK(std::ranges::is_sorted(facts.boots, {}, &slo::BootRow::t_start_ms));
  for (const slo::Document& row : rows.documents) FUZZ_CHECK(row.value.has_value());
}

// Each three bytes of input change one of the image: where, low and high, and to what.
void read_changed_image(std::string_view input) {
  static const std::string sound = sound_image();
  std::string image = sound;
  for (std::size_t at = 0; at + 3 <= input.size(); at += 3) {
    const auto low = static_cast<std::uint8_t>(input[at]);
    const auto high = static_cast<std::uint8_t>(input[at + 1]);
    image[(low + 256U * high) % image.size()] = input[at + 2];
  }
  auto database = slo::Database::open_image(image);
  if (!database) return;
  auto history = slo::SqliteHistory::adopt(std::move(*database));
  if (!history) return;
  const auto loaded = (*history)->load(1LL << 50);
  if (!loaded) return;
  check_rows(loaded->rows);
  if (image == sound) FUZZ_CHECK(loaded->dropped == 0);
  if ((*history)->quick_check()) static_cast<void>((*history)->write(sample()));
}

}  // namespace

void fuzz_stored_state(std::string_view input) {
  if (const auto list = slo::decode_list(input)) {
    FUZZ_CHECK(slo::decode_list(slo::encode_list(*list)) == *list);
  }
  static_cast<void>(slo::log_is_whole(input));
  read_changed_image(input);
}
