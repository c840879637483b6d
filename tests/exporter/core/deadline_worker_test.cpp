#include "exporter/core/deadline_worker.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "tests/support/doctest.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

constexpr auto kLong = 60s;  // longer than any test takes

// What a dead server is to its mounts: calls stay inside until it is opened.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(lock_);
    open_ = true;
    opened_.notify_all();
  }
  void pass() {
    std::unique_lock lock(lock_);
    opened_.wait(lock, [this] { return open_; });
  }

 private:
  std::mutex lock_;
  std::condition_variable opened_;
  bool open_ = false;
};

class CountingTask final : public BlockingTask {
 public:
  explicit CountingTask(std::shared_ptr<Gate> gate = nullptr) : gate_(std::move(gate)) {}
  int runs() const { return runs_; }

 private:
  void run() noexcept override {
    if (gate_) gate_->pass();
    ++runs_;
  }

  std::shared_ptr<Gate> gate_;
  int runs_ = 0;
};

std::vector<std::shared_ptr<BlockingTask>> tasks(
    std::initializer_list<std::shared_ptr<CountingTask>> list) {
  return {list.begin(), list.end()};
}

void wait_until_free(const BlockingTask& task) {
  while (task.busy()) std::this_thread::sleep_for(1ms);
}

TEST_CASE("all tasks are run once for each start") {
  DeadlineWorker worker;
  const auto a = std::make_shared<CountingTask>();
  const auto b = std::make_shared<CountingTask>();
  for (int i = 1; i <= 100; ++i) {
    worker.start(tasks({a, b}));
    worker.wait(kLong);
    REQUIRE_FALSE(a->busy());
    REQUIRE_FALSE(b->busy());
    CHECK(a->runs() == i);
    CHECK(b->runs() == i);
  }
}

TEST_CASE("waiting without work returns at once") {
  DeadlineWorker worker;
  worker.wait(kLong);
  worker.start({});
  worker.wait(kLong);
}

TEST_CASE("the others are run although one task is stuck, and that one is not started again") {
  const auto gate = std::make_shared<Gate>();
  {
    DeadlineWorker worker;
    const auto stuck = std::make_shared<CountingTask>(gate);
    const auto before = std::make_shared<CountingTask>();
    const auto after = std::make_shared<CountingTask>();
    for (int i = 1; i <= 20; ++i) {
      worker.start(tasks({before, stuck, after}));
      while (before->busy() || after->busy()) worker.wait(40ms);
      CHECK(stuck->busy());
      CHECK(before->runs() == i);
      CHECK(after->runs() == i);
    }
    CHECK(DeadlineWorker::has_stuck_threads());
    gate->open();
    wait_until_free(*stuck);
    CHECK(stuck->runs() == 1);
    worker.start(tasks({before, stuck, after}));
    worker.wait(kLong);
    CHECK(stuck->runs() == 2);
  }
  CHECK_FALSE(DeadlineWorker::has_stuck_threads());
}

TEST_CASE("many stuck tasks do not keep the others from being run") {
  const auto gate = std::make_shared<Gate>();
  DeadlineWorker worker;
  std::vector<std::shared_ptr<BlockingTask>> all;
  for (int i = 0; i < 20; ++i) all.push_back(std::make_shared<CountingTask>(gate));
  const auto last = std::make_shared<CountingTask>();
  all.push_back(last);
  worker.start(all);
  while (last->busy()) worker.wait(40ms);
  CHECK(last->runs() == 1);
  gate->open();
  for (const auto& task : all) wait_until_free(*task);
}

TEST_CASE("a worker that goes does not wait for a stuck task, which keeps what it touches") {
  const auto gate = std::make_shared<Gate>();
  const auto stuck = std::make_shared<CountingTask>(gate);
  {
    DeadlineWorker worker;
    worker.start(tasks({stuck}));
    worker.wait(4ms);
  }
  CHECK(stuck->busy());
  CHECK(DeadlineWorker::has_stuck_threads());
  gate->open();
  wait_until_free(*stuck);
  CHECK(stuck->runs() == 1);
  while (DeadlineWorker::has_stuck_threads()) std::this_thread::sleep_for(1ms);
}

}  // namespace
}  // namespace exporter
