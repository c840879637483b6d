#include "exporter/probes/local_worker.h"

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <utility>

namespace exporter {

LocalWorker::~LocalWorker() {
  for (Line& line : lines_) line.thread.request_stop();
}

bool LocalWorker::start(const std::shared_ptr<LocalLook>& look) {
  if (!check_) return false;
  Line& line = lines_[static_cast<std::size_t>(look->target.kind)];
  {
    const std::lock_guard lock(line.mutex);
    line.waiting.push_back(look);
  }
  if (line.thread.joinable()) {
    line.changed.notify_one();
  } else {
    line.thread = std::jthread([this, &line](const std::stop_token& stop) { work(line, stop); });
  }
  return true;
}

void LocalWorker::work(Line& line, const std::stop_token& stop) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  while (true) {
    std::shared_ptr<LocalLook> look;
    {
      std::unique_lock lock(line.mutex);
      line.changed.wait(lock, stop, [&] { return !line.waiting.empty(); });
      if (stop.stop_requested()) return;
      look = std::move(line.waiting.front());
      line.waiting.pop_front();
    }
    look->found = check_(look->target);
    look->ended.store(true, std::memory_order_release);
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(look->done.get(), &one, sizeof one);
  }
}

}  // namespace exporter
