// 1,000 damaged copies of one small history, as a crash leaves it: file and log. Whatever was done
// to them, the store opens, and each row it gives back is one that was written. What is missing is
// told, or came after the last heartbeat that is there: when the log lost its end, nobody can tell
// it from one that was never longer, and the time since that heartbeat counts as unknown.
#include <algorithm>
#include <map>
#include <random>

#include "slo/sqlite_store.h"
#include "tests/slo/store_support.h"
#include "tests/support/doctest.h"

namespace slo {
namespace {

using testing::sample_rows;
using testing::TempDirectory;

struct Image {
  std::string file;
  std::string log;
};

constexpr int kTransactions = 6;

Rows transaction(int number) {
  Rows rows = sample_rows(2, 30);
  for (StateChange& change : rows.facts.changes) change.t_ms += number * 3'000'000LL;
  rows.facts.heartbeat->t_ms += number * 5'000;
  for (SloCounters& counters : rows.facts.heartbeat->counters) counters.t_ms += number * 5'000;
  rows.documents = {testing::document("page-" + std::to_string(number), std::string(300, 'x'))};
  return rows;
}

Image crashed_image() {
  const TempDirectory directory;
  REQUIRE(SqliteHistory::create(directory.database(), transaction(0)));
  const auto history = SqliteHistory::open(directory.database());
  REQUIRE(history);
  for (int number = 1; number < kTransactions; ++number) {
    REQUIRE((*history)->write(transaction(number)));
    if (number == kTransactions / 2) REQUIRE((*history)->database().checkpoint());
  }
  return {testing::read_bytes(directory.database()),
          testing::read_bytes(directory.database() + "-wal")};
}

class Damager {
 public:
  explicit Damager(unsigned seed) : random_(seed) {}

  void damage(Image& image) {
    std::string& bytes = pick(3) == 0 ? image.log : image.file;
    switch (pick(6)) {
      case 0: bytes.resize(pick(bytes.size())); break;
      case 1: zero(bytes); break;
      case 2: bytes.append(pick(9'000), static_cast<char>(pick(256))); break;
      default:
        for (std::size_t flips = 1 + pick(4); flips > 0; --flips) {
          char& byte = bytes[pick(bytes.size())];
          byte = static_cast<char>(byte ^ (1 << pick(8)));
        }
    }
  }

 private:
  std::size_t pick(std::size_t below) { return random_() % below; }
  void zero(std::string& bytes) {
    const std::size_t from = pick(bytes.size());
    const std::size_t length = std::min<std::size_t>(bytes.size() - from, 512);
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(from), length, '\0');
  }
  std::mt19937 random_;
};

TEST_CASE("1,000 damaged histories: all open, none invents a row, none loses one silently") {
  const Image sound = crashed_image();
  std::map<std::pair<SloId, std::int64_t>, StateChange> written;
  for (int number = 0; number < kTransactions; ++number) {
    for (const StateChange& change : transaction(number).facts.changes) {
      written[{change.slo, change.t_ms}] = change;
    }
  }
  testing::TestClock clock;
  Damager damager(42);
  int aside = 0;
  for (int round = 0; round < 1'000; ++round) {
    CAPTURE(round);
    Image image = sound;
    damager.damage(image);
    const TempDirectory directory;
    testing::write_bytes(directory.database(), image.file);
    testing::write_bytes(directory.database() + "-wal", image.log);
    StoreOptions options;
    options.directory = directory.path();
    options.retention_ms = 1LL << 50;

    bool complete = false;
    {
      auto store = SqliteStore::open(options, clock);
      REQUIRE_MESSAGE(store, store.error().message);
      const Rows rows = (*store)->load();
      std::size_t found = 0;
      for (const StateChange& change : rows.facts.changes) {
        const auto own = written.find({change.slo, change.t_ms});
        REQUIRE(own != written.end());
        const bool is_what_was_written = change == own->second;
        const bool is_unknown = change.state == State::kUnknown;
        REQUIRE((is_what_was_written || is_unknown));
        found += is_what_was_written ? 1 : 0;
      }
      for (int number = 0; number < kTransactions && rows.facts.heartbeat; ++number) {
        if (rows.facts.heartbeat->t_ms == transaction(number).facts.heartbeat->t_ms) {
          const auto each = transaction(0).facts.changes.size();
          const auto so_far = static_cast<std::size_t>(number + 1);
          complete = found == so_far * each && rows.documents.size() == so_far;
        }
      }
      const Ticket ticket = (*store)->write({}, {testing::document("after", "")});
      REQUIRE((*store)->wait(ticket, std::chrono::steady_clock::now() + std::chrono::seconds(60)));
    }
    auto again = SqliteStore::open(options, clock);
    REQUIRE(again);
    const bool told = !(*again)->status().damaged_file.empty();
    aside += told ? 1 : 0;
    REQUIRE((complete || told));
    REQUIRE((*again)->status().dropped_rows == 0);
    REQUIRE(std::ranges::count((*again)->load().documents, "after", &Document::key) == 1);
  }
  CHECK(aside > 100);
  CHECK(aside < 1'000);
}

}  // namespace
}  // namespace slo
