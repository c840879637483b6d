// getdents64(2): records {u64 inode, u64 offset, u16 record length, u8 type, name, NUL}.
#include "exporter/core/directory.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>

namespace exporter {
namespace {

constexpr std::size_t kLengthAt = 16;
constexpr std::size_t kNameAt = 19;

std::unexpected<Error> io_error(const std::string& path, int error) {
  const bool missing = error == ENOENT || error == ENOTDIR || error == ESRCH;
  return fail(missing ? ErrorKind::kNotFound : ErrorKind::kIo,
              path + ": " + std::generic_category().message(error));
}

}  // namespace

bool Directory::open_at(int directory, const char* name) {
  fd_.reset(::openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd_ && !block_) block_ = std::make_unique<char[]>(kBlockBytes);
  return static_cast<bool>(fd_);
}

Result<void> Directory::rewind() {
  if (fd_ && ::lseek(fd_.get(), 0, SEEK_SET) == 0) return {};
  fd_.reset(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd_) return io_error(path_, errno);
  if (!block_) block_ = std::make_unique<char[]>(kBlockBytes);
  return {};
}

Result<std::size_t> Directory::next_block() {
  const auto size = ::syscall(SYS_getdents64, fd_.get(), block_.get(), kBlockBytes);
  if (size >= 0) return static_cast<std::size_t>(size);
  const int error = errno;
  fd_.reset();
  return io_error(path_, error);
}

bool Directory::next_name(std::size_t& at, std::size_t size, std::string_view& name) const {
  if (at + kNameAt >= size) return false;
  std::uint16_t length = 0;
  std::memcpy(&length, block_.get() + at + kLengthAt, sizeof length);
  name = block_.get() + at + kNameAt;
  at += length;
  return true;
}

}  // namespace exporter
