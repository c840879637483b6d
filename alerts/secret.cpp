#include "alerts/secret.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace alerts {
namespace {

using exporter::ErrorKind;
using exporter::fail;

constexpr std::size_t kMaxSecretBytes = 4096;

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
};

}  // namespace

void Secret::take(Secret& other) noexcept {
  value_.swap(other.value_);
  other.wipe();
}

// All of the memory, also what a short string left behind when it was swapped out.
void Secret::wipe() noexcept {
  value_.resize(value_.capacity());
  explicit_bzero(value_.data(), value_.size());
  value_.clear();
}

exporter::Result<Secret> read_secret(const std::string& path) {
  // Not blocking: a FIFO would hold the thread that pages.
  const Descriptor file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  struct stat info{};
  if (file.fd < 0 || fstat(file.fd, &info) != 0) {
    return fail(errno == ENOENT ? ErrorKind::kNotFound : ErrorKind::kIo,
                path + ": " + strerror(errno));
  }
  if (!S_ISREG(info.st_mode)) return fail(ErrorKind::kInvalid, path + ": not a regular file");
  if ((info.st_mode & S_IROTH) != 0) {
    return fail(ErrorKind::kInvalid, path + ": everybody may read this secret, chmod o-r it");
  }
  std::array<char, kMaxSecretBytes + 1> buffer;
  const ssize_t got = read(file.fd, buffer.data(), buffer.size());
  if (got < 0) return fail(ErrorKind::kIo, path + ": " + strerror(errno));
  std::string_view text(buffer.data(), static_cast<std::size_t>(got));
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  const bool printable = std::ranges::all_of(
      text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F; });
  Secret secret{std::string(text)};
  explicit_bzero(buffer.data(), buffer.size());
  if (static_cast<std::size_t>(got) > kMaxSecretBytes || !printable) {
    return fail(ErrorKind::kInvalid, path + ": not one line of at most 4096 characters");
  }
  if (got == 0 || text.empty()) return fail(ErrorKind::kInvalid, path + ": empty");
  return secret;
}

}  // namespace alerts
