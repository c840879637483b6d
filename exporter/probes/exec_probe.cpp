#include "exporter/probes/exec_probe.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "exporter/probes/reaper.h"

namespace exporter {
namespace {

constexpr std::size_t kMaxKeptOutput = 512;

struct ActionsDeleter {
  void operator()(posix_spawn_file_actions_t* actions) const {
    posix_spawn_file_actions_destroy(actions);
  }
};
struct AttributesDeleter {
  void operator()(posix_spawnattr_t* attributes) const { posix_spawnattr_destroy(attributes); }
};

}  // namespace

// 0, or an errno.
int ExecProbe::spawn() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return errno;
  output_.reset(ends[0]);
  const FileDescriptor theirs(ends[1]);

  posix_spawn_file_actions_t actions_storage;
  posix_spawnattr_t attributes_storage;
  posix_spawn_file_actions_init(&actions_storage);
  posix_spawnattr_init(&attributes_storage);
  const std::unique_ptr<posix_spawn_file_actions_t, ActionsDeleter> actions(&actions_storage);
  const std::unique_ptr<posix_spawnattr_t, AttributesDeleter> attributes(&attributes_storage);
  posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(actions.get(), theirs.get(), STDOUT_FILENO);
  posix_spawn_file_actions_addopen(actions.get(), STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(actions.get(), STDERR_FILENO + 1);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(attributes.get(), &none);
  posix_spawnattr_setsigdefault(attributes.get(), &all);
  posix_spawnattr_setflags(attributes.get(),
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::vector<char*> words;
  for (const std::string& word : target_.command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const int failed =
      posix_spawn(&pid_, words[0], actions.get(), attributes.get(), words.data(), environ);
  if (failed != 0) {
    pid_ = 0;
    return failed;
  }
  // The number cannot be used again before it is waited for.
  process_.reset(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  return process_ ? 0 : errno;
}

void ExecProbe::begin(const Moment& now) {
  printed_.clear();
  const int failed = spawn();
  result_.durations.connect_ns = tools_.clock.now().boot_ns - now.boot_ns;
  if (failed == 0 && tools_.reactor.watch(output_.get(), EPOLLIN, *this) &&
      tools_.reactor.watch(process_.get(), EPOLLIN, *this)) {
    return;
  }
  Failure failure = connect_failure(failed == 0 ? ENOMEM : failed, target_.command[0]);
  failure.silent = false;
  end(tools_.clock.now(), std::move(failure));
}

void ExecProbe::read_output() {
  std::array<char, 4096> buffer;
  for (int i = 0; i < 16; ++i) {
    const ssize_t got = read(output_.get(), buffer.data(), buffer.size());
    if (got < 0) return;
    if (got == 0) {
      tools_.reactor.forget(output_.get());
      return;
    }
    const std::size_t room = kMaxKeptOutput - printed_.size();
    printed_.append(buffer.data(), std::min(static_cast<std::size_t>(got), room));
  }
}

void ExecProbe::descriptor_ready(int fd, std::uint32_t, const Moment& now) {
  read_output();
  if (fd == process_.get()) ended(now);
}

std::string ExecProbe::with_output(const std::string& text) const {
  const std::string line = printed_.substr(0, printed_.find('\n'));
  return line.empty() ? text : text + ": " + line;
}

void ExecProbe::ended(const Moment& now) {
  siginfo_t info{};
  if (waitid(P_PIDFD, static_cast<id_t>(process_.get()), &info, WEXITED | WNOHANG) != 0) {
    end(now, Failure{.phase = ProbePhase::kContent,
                     .cause = UnknownCause::kLocal,
                     .reason = "waitid: " + std::generic_category().message(errno)});
    return;
  }
  if (info.si_pid == 0) return;
  pid_ = 0;
  result_.durations.processing_ns = now.boot_ns - result_.sent.boot_ns;
  if (info.si_code != CLD_EXITED) {
    end(now, Failure{.phase = ProbePhase::kContent,
                     .reason = with_output("ended by signal " + std::to_string(info.si_status))});
    return;
  }
  result_.local_count = info.si_status;
  for (const int code : target_.exit_codes) {
    if (code == info.si_status) {
      end(now, std::nullopt);
      return;
    }
  }
  end(now, Failure{.phase = ProbePhase::kContent,
                   .reason = with_output("exit code " + std::to_string(info.si_status))});
}

Failure ExecProbe::at_deadline(const Moment& now) {
  result_.durations.processing_ns = now.boot_ns - result_.sent.boot_ns;
  return Failure{.phase = ProbePhase::kTimeout,
                 .reason = with_output("did not end " + within_timeout())};
}

void ExecProbe::release() {
  if (output_) tools_.reactor.forget(output_.get());
  if (process_) tools_.reactor.forget(process_.get());
  output_.reset();
  if (pid_ != 0) {
    kill(-pid_, SIGKILL);
    tools_.reaper.adopt(std::move(process_), pid_);
    pid_ = 0;
  }
  process_.reset();
}

}  // namespace exporter
