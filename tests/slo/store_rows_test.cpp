#include "slo/store_rows.h"

#include "slo/store_memory.h"
#include "tests/slo/store_support.h"
#include "tests/support/doctest.h"

namespace slo {
namespace {

using testing::document;
using testing::same_rows;
using testing::sample_rows;

constexpr auto kNow = std::chrono::steady_clock::time_point();

Rows of_change(SloId slo, std::int64_t t_ms, State state) {
  Rows rows;
  rows.facts.changes = {{slo, t_ms, state, Cause::kNone}};
  return rows;
}

TEST_CASE("rows come out of a set as they went in, ordered by key") {
  RowSet set;
  set.add(sample_rows());
  CHECK(same_rows(set.rows(), sample_rows()));
  CHECK(same_rows(set.take(), sample_rows()));
  CHECK(set.empty());
  CHECK(set.bytes() == 0);
  CHECK(set.take().empty());
}

TEST_CASE("the newest row of a key wins and costs nothing more") {
  RowSet set;
  set.add(sample_rows());
  const std::size_t bytes = set.bytes();
  const std::size_t count = set.count();
  for (int i = 0; i < 100; ++i) set.add(sample_rows());
  CHECK(set.bytes() == bytes);
  CHECK(set.count() == count);

  set.add(of_change(1, 2'000, State::kDown));
  set.add({{}, {{"outbox", "page-1", std::nullopt}}});
  const Rows rows = set.rows();
  CHECK(rows.facts.changes.front().state == State::kDown);
  CHECK_FALSE(rows.documents.front().value.has_value());
}

TEST_CASE("counters of an objective that the next heartbeat does not have are kept") {
  RowSet set;
  Rows first = sample_rows(2);
  set.add(first);
  Rows second = sample_rows(1);
  second.facts.heartbeat->t_ms += 5'000;
  set.add(second);
  const Rows rows = set.take();
  CHECK(rows.facts.heartbeat->t_ms == first.facts.heartbeat->t_ms + 5'000);
  CHECK(rows.facts.heartbeat->counters.size() == 2);
}

TEST_CASE("changes that do not fit become unknown up to the newest one, never nothing") {
  RowSet set;
  CHECK(set.add_within(1, of_change(1, 10, State::kUp)));
  const std::size_t full = 1;
  CHECK(set.add_within(full, of_change(1, 20, State::kDown)));
  for (std::int64_t t = 30; t <= 90; t += 10) {
    CHECK_FALSE(set.add_within(full, of_change(1, t, t % 20 == 0 ? State::kDown : State::kUp)));
  }
  CHECK(set.add_within(full, of_change(2, 15, State::kUp)));
  const std::vector<StateChange> expected = {{1, 10, State::kUp, Cause::kNone},
                                             {1, 20, State::kUnknown, Cause::kNone},
                                             {1, 90, State::kUp, Cause::kNone},
                                             {2, 15, State::kUp, Cause::kNone}};
  CHECK(set.rows().facts.changes == expected);
  CHECK(set.count() == 4);
}

TEST_CASE("a full queue still takes objectives, heartbeats and newer values of what it has") {
  RowSet set;
  set.add(sample_rows(1));
  Rows more = sample_rows(2);
  more.documents.push_back(document("page-3", "new"));
  CHECK_FALSE(set.add_within(1, more));
  const Rows rows = set.take();
  CHECK(rows.facts.slos.size() == 2);
  CHECK(rows.facts.heartbeat->counters.size() == 2);
  CHECK(rows.facts.incidents.size() == 2);
  CHECK(rows.documents.size() == 2);
}

TEST_CASE("a document over the limit is given up") {
  RowSet set;
  CHECK_FALSE(
      set.add_within(100 << 20, {{}, {document("big", std::string(kMaxDocumentBytes + 1, 'x'))}}));
  CHECK(set.empty());
  CHECK(set.add_within(100 << 20, {{}, {document("big", std::string(kMaxDocumentBytes, 'x'))}}));
}

TEST_CASE(
    "the present is the last change of each objective, open incidents, the documents that are "
    "there") {
  Present present;
  present.add(sample_rows());
  present.add({{}, {{"outbox", "page-1", std::nullopt}}});
  const Rows rows = present.rows();
  CHECK(rows.facts.slos == sample_rows().facts.slos);
  CHECK(rows.facts.changes.size() == 2);
  CHECK(rows.facts.changes.front() == sample_rows().facts.changes[9]);
  CHECK(rows.facts.incidents.size() == 2);
  CHECK(rows.facts.incidents.front().open);
  CHECK(rows.facts.heartbeat->t_ms == sample_rows().facts.heartbeat->t_ms);
  CHECK(rows.documents == std::vector{document("page-2", "")});
}

TEST_CASE("the memory store of tests gives everything back and calls it durable") {
  MemoryStore store;
  const Ticket ticket = store.write(sample_rows().facts, sample_rows().documents);
  CHECK(store.wait(ticket, kNow));
  CHECK(store.status().durable);
  CHECK(same_rows(store.load(), sample_rows()));
  store.write({}, {{"outbox", "page-1", std::nullopt}});
  CHECK(store.load().documents == std::vector{document("page-2", "")});
}

TEST_CASE("the memory store of a daemon without a disk says at once that nothing is durable") {
  MemoryStore store("data: Read-only file system", testing::kUtcMs);
  const Ticket ticket = store.write(sample_rows().facts, {});
  CHECK_FALSE(store.wait(ticket, std::chrono::steady_clock::now() + std::chrono::hours(1)));
  CHECK(store.load().empty());
  const StoreStatus status = store.status();
  CHECK_FALSE(status.durable);
  CHECK(status.not_durable_since_ms == testing::kUtcMs);
  CHECK(status.last_error == "data: Read-only file system");
  CHECK(store.backup("copy").error().kind == exporter::ErrorKind::kUnavailable);
}

}  // namespace
}  // namespace slo
