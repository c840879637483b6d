// A record is a line "<facility * 8 + level>,<sequence>,<microseconds>,<flags>;<text>", and lines
// that begin with a blank belong to the one before (Documentation/ABI/testing/dev-kmsg). Since
// Linux 5.0 the text of a kill is one line, written before the counter of the group rises:
//
//   6,4711,37955120859,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=<id>,
//     mems_allowed=0,oom_memcg=/docker/<id>,task_memcg=/docker/<id>,task=tail,pid=30157,uid=0
#include "exporter/containers/kernel_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr std::string_view kKill = "oom-kill:";
constexpr std::string_view kGroup = ",task_memcg=";
constexpr unsigned kLevels = 8;           // of facility 0, which only the kernel has
constexpr std::size_t kMaxRecord = 8192;  // shorter reads fail

}  // namespace

std::optional<OomKill> parse_oom_kill(std::string_view line) {
  const auto priority = next_number<unsigned>(line);
  if (!priority || *priority >= kLevels || !line.starts_with(',')) return {};
  line.remove_prefix(1);
  const auto sequence = next_number<std::uint64_t>(line);
  const std::size_t text_at = line.find(';');
  if (!sequence || text_at == std::string_view::npos) return {};
  const std::string_view text = line.substr(text_at + 1);
  const std::size_t group_at = text.find(kGroup);
  if (!text.starts_with(kKill) || group_at == std::string_view::npos) return {};
  const std::string_view group = text.substr(group_at + kGroup.size());
  return OomKill{*sequence, group.substr(0, group.find(",task="))};
}

KernelLog::KernelLog(const std::string& path) {
  if (path.empty()) return;
  file_ = FileDescriptor(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (file_) ::lseek(file_.get(), 0, SEEK_END);
}

void KernelLog::drain(const std::function<void(const OomKill&)>& tell) {
  if (!file_) return;
  std::array<char, kMaxRecord> room;
  while (true) {
    const ssize_t got = ::read(file_.get(), room.data(), room.size());
    if (got < 0 && (errno == EPIPE || errno == EINTR)) continue;  // EPIPE: some were overwritten
    if (got <= 0) return;
    std::string_view rest(room.data(), static_cast<std::size_t>(got));
    std::string_view line;
    while (next_line(rest, line)) {
      if (const auto kill = parse_oom_kill(line)) tell(*kill);
    }
  }
}

}  // namespace exporter
