#include "exporter/probes/scheduler.h"

#include <pthread.h>

#include <csignal>
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

ProbeScheduler::ProbeScheduler(const Clock& clock, ProbeBoard& board, ProbeSink& sink,
                               std::string name_servers)
    : clock_(clock), board_(board), sink_(sink), name_servers_(std::move(name_servers)) {}

ProbeScheduler::~ProbeScheduler() { stop(); }

Result<void> ProbeScheduler::set_probes(std::vector<ProbeSpec> specs) {
  if (auto checked = check_all(specs); !checked) return checked;
  const std::lock_guard lock(mutex_);
  if (stopped_) return fail(ErrorKind::kUnavailable, "probes: stopped");
  if (loop_ == nullptr) {
    if (specs.empty()) return {};
    auto loop = std::make_unique<ProbeLoop>(clock_, board_, sink_, name_servers_);
    if (!loop->usable()) return fail(ErrorKind::kUnavailable, "probes: libcurl cannot be started");
    loop_ = std::move(loop);
  }
  pending_ = std::move(specs);
  if (thread_.joinable()) {
    loop_->wake();
  } else {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
  return {};
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
    {
      const std::lock_guard lock(mutex_);
      specs = std::exchange(pending_, std::nullopt);
    }
    if (specs) loop_->set_probes(*std::move(specs));
    loop_->turn();
    loop_->wait();
  }
  loop_->cancel_all();
}

}  // namespace exporter
