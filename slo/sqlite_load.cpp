// Reading a history back. SQLite returns the rows of a key in the order of its tree even when a
// damaged key makes that order wrong, so order is checked here too.
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "slo/sqlite_codec.h"
#include "slo/sqlite_history.h"

namespace slo {

using exporter::Error;
using exporter::Result;

namespace {

class Loader {
 public:
  Loader(Database& database, std::int64_t retention_ms)
      : database_(database), retention_ms_(retention_ms) {}

  Result<LoadedRows> run() {
    const bool done = heartbeats() && objectives() && boots() && changes() && incidents() &&
                      events() && documents();
    if (!done) {
      return std::unexpected(std::move(error_));
    }
    if (!facts().heartbeat) {
      end_in_unknown();
    }
    return std::move(loaded_);
  }

 private:
  Facts& facts() { return loaded_.rows.facts; }

  // take(row, good) for each row of the table.
  template <class Row, class Take>
  bool each(Take take) {
    auto statement = database_.prepare("SELECT * FROM " + std::string(Table<Row>::kName) +
                                       " ORDER BY " + std::string(Table<Row>::kOrder));
    if (!statement) {
      error_ = std::move(statement.error());
      return false;
    }
    for (;;) {
      const auto more = statement->step();
      if (!more) {
        error_ = more.error();
        return false;
      }
      if (!*more) {
        return true;
      }
      Row row;
      const bool good = get_row(*statement, Table<Row>::fields(row)) && Table<Row>::valid(row);
      take(row, good);
    }
  }

  template <class Row>
  bool each_good(auto take) {
    return each<Row>([&](Row& row, bool good) {
      if (good) {
        take(row);
      } else {
        ++loaded_.dropped;
      }
    });
  }

  bool heartbeats() {
    return each_good<HeartbeatSlot>([&](HeartbeatSlot& row) {
      if (!facts().heartbeat || row.heartbeat.t_ms >= facts().heartbeat->t_ms) {
        loaded_.free_slot = 1 - row.slot;
        facts().heartbeat = std::move(row.heartbeat);
      }
    });
  }

  bool objectives() {
    std::unordered_map<SloId, SloCounters> counters;
    if (!each_good<SloCounters>(
            [&](SloCounters& row) { counters.try_emplace(row.id, std::move(row)); })) {
      return false;
    }
    const bool done = each_good<SloRow>([&](SloRow& row) {
      const auto own = counters.extract(row.id);
      const std::int64_t seen_ms = own ? std::max(own.mapped().t_ms, row.since_ms) : row.since_ms;
      if (facts().heartbeat && seen_ms < facts().heartbeat->t_ms - retention_ms_) {
        loaded_.expired.push_back(row.id);
        return;
      }
      if (own && facts().heartbeat) {
        facts().heartbeat->counters.push_back(std::move(own.mapped()));
      }
      known_.insert(row.id);
      facts().slos.push_back(std::move(row));
    });
    loaded_.dropped += counters.size();  // of no objective
    expired_.insert(loaded_.expired.begin(), loaded_.expired.end());
    return done;
  }

  bool boots() {
    return each_good<BootRow>([&](BootRow& row) { facts().boots.push_back(std::move(row)); });
  }

  bool changes() {
    std::pair<SloId, std::int64_t> last{0, 0};
    return each<StateChange>([&](StateChange& row, bool good) {
      const std::pair key{row.slo, row.t_ms};
      if (!good || (last.first != 0 && key <= last)) {
        ++loaded_.dropped;
        if (!facts().changes.empty()) {
          forget_state(facts().changes.back());
        }
        return;
      }
      last = key;
      if (belongs(row.slo)) {
        facts().changes.push_back(row);
      }
    });
  }

  bool incidents() {
    return each_good<IncidentRecord>([&](IncidentRecord& row) {
      if (belongs(row.slo)) {
        facts().incidents.push_back(row);
      }
    });
  }

  bool events() {
    std::pair<SloId, std::int64_t> last{0, 0};
    return each_good<EventBlock>([&](EventBlock& row) {
      const std::pair key{row.slo, row.begin_ms};
      if (last.first != 0 && key <= last) {
        ++loaded_.dropped;
        return;
      }
      last = key;
      if (belongs(row.slo)) {
        facts().events.push_back(std::move(row));
      }
    });
  }

  bool documents() {
    return each_good<Document>(
        [&](Document& row) { loaded_.rows.documents.push_back(std::move(row)); });
  }

  bool belongs(SloId slo) {
    if (known_.contains(slo)) {
      return true;
    }
    loaded_.dropped += expired_.contains(slo) ? 0 : 1;
    return false;
  }

  static void forget_state(StateChange& change) {
    change.state = State::kUnknown;
    change.cause = Cause::kNone;
  }

  void end_in_unknown() {
    auto& changes = facts().changes;
    for (std::size_t i = 0; i < changes.size(); ++i) {
      if (i + 1 == changes.size() || changes[i + 1].slo != changes[i].slo) {
        forget_state(changes[i]);
      }
    }
  }

  Database& database_;
  const std::int64_t retention_ms_;
  LoadedRows loaded_;
  std::unordered_set<SloId> known_;
  std::unordered_set<SloId> expired_;
  Error error_;
};

}  // namespace

Result<LoadedRows> SqliteHistory::load(std::int64_t retention_ms) {
  auto loaded = Loader(*database_, retention_ms).run();
  if (loaded) {
    heartbeat_slot_ = loaded->free_slot;
  }
  return loaded;
}

}  // namespace slo
