#include "exporter/probes/scheduler.h"

#include <pthread.h>

#include <csignal>
#include <future>
#include <unordered_set>
#include <utility>

#include "exporter/probes/probe_loop.h"

namespace exporter {
namespace {

Result<void> check_all(const std::vector<ProbeSpec>& specs) {
  std::unordered_set<std::uint64_t> ids;
  std::unordered_set<std::string> names;
  for (const ProbeSpec& spec : specs) {
    const std::vector<Error> errors = check_spec(spec);
    if (!errors.empty()) {
      return fail(errors.front().kind, "probe " + spec.name + ": " + errors.front().message);
    }
    if (!names.insert(spec.name).second || !ids.insert(spec.id).second) {
      return fail(ErrorKind::kInvalid, "probe " + spec.name + ": the name or id stands twice");
    }
  }
  return {};
}

// Signals are main's; and a write to a closed connection shall be an error, not SIGPIPE.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

struct ProbeScheduler::Once {
  ProbeSpec spec;
  std::promise<ProbeResult> result;
};

ProbeScheduler::ProbeScheduler(const Clock& clock, ProbeBoard& board, ProbeSink& sink,
                               std::string name_servers, LocalCheck local_check)
    : clock_(clock),
      board_(board),
      sink_(sink),
      name_servers_(std::move(name_servers)),
      local_check_(std::move(local_check)) {}

ProbeScheduler::~ProbeScheduler() { stop(); }

Result<void> ProbeScheduler::start_loop() {
  if (stopped_) return fail(ErrorKind::kUnavailable, "probes: stopped");
  if (loop_ != nullptr) return {};
  auto loop = std::make_unique<ProbeLoop>(clock_, board_, sink_, name_servers_, local_check_);
  if (!loop->usable()) return fail(ErrorKind::kUnavailable, "probes: libcurl cannot be started");
  loop_ = std::move(loop);
  return {};
}

void ProbeScheduler::wake_loop() {
  if (thread_.joinable()) {
    loop_->wake();
  } else {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
}

Result<void> ProbeScheduler::set_probes(std::vector<ProbeSpec> specs) {
  if (auto checked = check_all(specs); !checked) return checked;
  const std::lock_guard lock(mutex_);
  if (loop_ == nullptr && specs.empty() && !stopped_) return {};
  if (auto started = start_loop(); !started) return started;
  pending_ = std::move(specs);
  wake_loop();
  return {};
}

Result<ProbeResult> ProbeScheduler::probe_once(ProbeSpec spec) {
  if (const auto errors = check_spec(spec); !errors.empty()) {
    return std::unexpected(errors.front());
  }
  const auto once = std::make_shared<Once>();
  once->spec = std::move(spec);
  auto result = once->result.get_future();
  {
    const std::lock_guard lock(mutex_);
    if (once_running_ >= kMaxOnce) {
      return fail(ErrorKind::kUnavailable, "probes: too many single attempts at once");
    }
    if (auto started = start_loop(); !started) return std::unexpected(started.error());
    ++once_running_;
    once_.push_back(once);
    wake_loop();
  }
  ProbeResult found = result.get();
  const std::lock_guard lock(mutex_);
  --once_running_;
  return found;
}

void ProbeScheduler::stop() {
  std::jthread thread;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    thread = std::move(thread_);
  }
  if (!thread.joinable()) return;
  thread.request_stop();
  thread.join();
}

void ProbeScheduler::run(const std::stop_token& stop) {
  block_signals();
  const std::stop_callback wake(stop, [this] { loop_->wake(); });
  while (!stop.stop_requested()) {
    std::optional<std::vector<ProbeSpec>> specs;
    std::vector<std::shared_ptr<Once>> once;
    {
      const std::lock_guard lock(mutex_);
      specs = std::exchange(pending_, std::nullopt);
      once.swap(once_);
    }
    if (specs) loop_->set_probes(*std::move(specs));
    for (const auto& attempt : once) {
      loop_->probe_once(attempt->spec, [attempt](const ProbeResult& result) {
        attempt->result.set_value(result);
      });
    }
    loop_->turn();
    loop_->wait();
  }
  loop_->cancel_all();
  // What was asked for since then.
  const std::lock_guard lock(mutex_);
  for (const auto& attempt : once_) {
    ProbeResult stopped;
    stopped.cause = UnknownCause::kStopped;
    stopped.reason = "stopped";
    attempt->result.set_value(stopped);
  }
  once_.clear();
}

}  // namespace exporter
