// io:      "rchar: 323934931\n...read_bytes: 0\nwrite_bytes: 323932160\ncancelled_write_bytes: 0\n"
// status:  "Name:\tcat\n...VmSwap:\t       0 kB\n...voluntary_ctxt_switches:\t0\n
//          nonvoluntary_ctxt_switches:\t1\n"; a kernel thread or zombie has no Vm lines
// limits:  "Max open files            1024                 524288               files     \n"
// smaps_rollup: "...Pss:                 512 kB\n...SwapPss:               0 kB\n"
#include "exporter/host/process_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "exporter/core/scan.h"

namespace exporter {
namespace {

// The number behind a word that begins a line.
std::optional<std::uint64_t> number_behind(std::string_view text, std::string_view word) {
  for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    if (at > 0 && text[at - 1] != '\n') continue;
    std::string_view rest = text.substr(at + word.size());
    return next_number<std::uint64_t>(rest);
  }
  return std::nullopt;
}

}  // namespace

std::optional<ProcessIo> parse_process_io(std::string_view text) {
  const auto read = number_behind(text, "read_bytes:");
  const auto written = number_behind(text, "write_bytes:");
  if (!read || !written) return std::nullopt;
  return ProcessIo{.read_bytes = *read, .write_bytes = *written};
}

std::optional<ProcessStatus> parse_process_status(std::string_view text) {
  const auto voluntary = number_behind(text, "voluntary_ctxt_switches:");
  const auto involuntary = number_behind(text, "nonvoluntary_ctxt_switches:");
  if (!voluntary || !involuntary) return std::nullopt;
  return ProcessStatus{.swapped_bytes = number_behind(text, "VmSwap:").value_or(0) * 1024,
                       .voluntary_switches = *voluntary,
                       .involuntary_switches = *involuntary};
}

std::optional<std::uint64_t> parse_open_files_limit(std::string_view text) {
  constexpr std::string_view kLine = "Max open files";
  const auto at = text.find(kLine);
  if (at == text.npos) return std::nullopt;
  text.remove_prefix(at + kLine.size());
  if (const auto limit = next_number<std::uint64_t>(text)) return limit;
  if (next_word(text) == "unlimited") return ~std::uint64_t{0};
  return std::nullopt;
}

std::optional<ProportionalMemory> parse_smaps_rollup(std::string_view text) {
  const auto resident = number_behind(text, "Pss:");
  if (!resident) return std::nullopt;
  return ProportionalMemory{.resident_bytes = *resident * 1024,
                            .swapped_bytes = number_behind(text, "SwapPss:").value_or(0) * 1024};
}

void ProcessFiles::use(int directory) {
  if (directory == directory_) return;
  directory_ = directory;
  struct statfs system{};
  struct stat own{};
  size_tells_files_ = ::fstatfs(directory, &system) == 0 && system.f_type == PROC_SUPER_MAGIC &&
                      ::fstatat(directory, "self/fd", &own, 0) == 0 && own.st_size > 0;
}

const char* ProcessFiles::path(std::int32_t pid, std::string_view file) {
  char* end = std::to_chars(path_, path_ + 16, pid).ptr;
  *end++ = '/';
  end = std::ranges::copy(file, end).out;
  *end = '\0';
  return path_;
}

std::string_view ProcessFiles::read(std::int32_t pid, std::string_view file) {
  const FileDescriptor fd(::openat(directory_, path(pid, file), O_RDONLY | O_CLOEXEC));
  std::size_t length = 0;
  error_ = fd ? 0 : errno;
  while (fd && length < kBufferBytes) {
    const ssize_t n = ::read(fd.get(), buffer_ + length, kBufferBytes - length);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) error_ = errno;
    if (n <= 0) break;
    length += static_cast<std::size_t>(n);
    if (length < kBufferBytes) break;  // these files come in one piece
  }
  return error_ == 0 ? std::string_view(buffer_, length) : std::string_view();
}

std::optional<std::uint64_t> ProcessFiles::open_files(std::int32_t pid) {
  if (size_tells_files_) {
    struct stat status{};
    if (::fstatat(directory_, path(pid, "fd"), &status, 0) != 0) return std::nullopt;
    return static_cast<std::uint64_t>(status.st_size);
  }
  const int fd = ::openat(directory_, path(pid, "fd"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  DIR* listing = ::fdopendir(fd);
  if (listing == nullptr) {
    ::close(fd);
    return std::nullopt;
  }
  std::uint64_t count = 0;
  while (const dirent* entry = ::readdir(listing)) {
    if (entry->d_name[0] != '.') ++count;
  }
  ::closedir(listing);
  return count;
}

}  // namespace exporter
