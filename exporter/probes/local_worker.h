// Where something on this machine is looked at: one thread for each kind of local target, because a
// look may block. A look that hangs holds up others of its kind, and those become unknown, nothing
// else.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "exporter/core/error.h"
#include "exporter/core/kernel_file.h"
#include "exporter/probes/target.h"

namespace exporter {

// What a look found.
struct LocalState {
  bool good = false;
  std::string reason{};        // when it is not good
  std::optional<int> count{};  // members, where they are counted
};

// Looks; an error means that nothing could be seen. One call at a time for each kind; may block for
// a while, but not for ever.
using LocalCheck = std::function<Result<LocalState>(const LocalTarget&)>;

// One look that was asked for. The worker fills `found` and then makes `done` readable.
struct LocalLook {
  LocalTarget target;
  FileDescriptor done;  // an eventfd
  std::atomic<bool> ended = false;
  Result<LocalState> found;  // the worker's until `ended`
};

class LocalWorker {
 public:
  explicit LocalWorker(LocalCheck check) : check_(std::move(check)) {}
  ~LocalWorker();

  // False: nothing is there that could look. Starts the thread with the first look.
  bool start(const std::shared_ptr<LocalLook>& look);

 private:
  static constexpr std::size_t kKinds = 3;

  struct Line {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::deque<std::shared_ptr<LocalLook>> waiting;  // under mutex
    std::jthread thread;
  };

  void work(Line& line, const std::stop_token& stop);

  const LocalCheck check_;
  std::array<Line, kKinds> lines_;
};

}  // namespace exporter
