#include "exporter/core/kernel_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>

#include "exporter/core/scan.h"
#include "exporter/core/text.h"

namespace exporter {
namespace {

bool is_missing(int error) {
  return error == ENOENT || error == ENOTDIR || error == ENODEV || error == ESRCH ||
         error == EOPNOTSUPP || error == ENXIO;
}

std::unexpected<Error> io_error(const std::string& path, int error) {
  return fail(is_missing(error) ? ErrorKind::kNotFound : ErrorKind::kIo,
              path + ": " + std::generic_category().message(error));
}

int open_for_reading(const std::string& path) {
  int fd = -1;
  do {
    fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

// Bytes read, or -errno.
ssize_t read_at(int fd, char* to, std::size_t size, off_t offset) {
  for (;;) {
    const ssize_t n = ::pread(fd, to, size, offset);
    if (n >= 0) return n;
    if (errno != EINTR) return -errno;
  }
}

// A read of fewer bytes was the last.
ssize_t last_read_below(FileShape shape) {
  constexpr ssize_t kLeastPageBytes = 4096;
  switch (shape) {
    case FileShape::kSingleRecord:
    case FileShape::kOneLine: return std::numeric_limits<ssize_t>::max();
    case FileShape::kManyRecords: return 0;
    case FileShape::kShortRecords: break;
  }
  return kLeastPageBytes - static_cast<ssize_t>(kShortRecordBytes);
}

// The whole file from offset 0: its length, or -errno. Grows the buffer and starts again when the
// text does not fit, so that the text is of one moment.
ssize_t read_whole(int fd, ReadBuffer& buffer, FileShape shape) {
  const ssize_t last_below = last_read_below(shape);
  if (shape == FileShape::kOneLine) {
    const std::size_t room = std::min(buffer.size(), kOneLineBytes);
    const ssize_t n = read_at(fd, buffer.data(), room, 0);
    if (n < static_cast<ssize_t>(room)) return n;
  }
  std::size_t length = 0;
  for (;;) {
    const ssize_t n =
        read_at(fd, buffer.data() + length, buffer.size() - length, static_cast<off_t>(length));
    if (n < 0) return n;
    length += static_cast<std::size_t>(n);
    if (length == buffer.size()) {
      buffer.grow();
      length = 0;
      continue;
    }
    if (n == 0 || n < last_below) return static_cast<ssize_t>(length);
  }
}

}  // namespace

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) reset(other.release());
  return *this;
}

int FileDescriptor::release() { return std::exchange(fd_, -1); }

void FileDescriptor::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

void ReadBuffer::grow() {
  size_ *= 2;
  data_.reset(new char[size_]);
}

// The length of the text in the buffer, or -errno.
ssize_t KernelFile::read_text(ReadBuffer& buffer) {
  for (bool was_open = static_cast<bool>(fd_);; was_open = false) {
    if (!was_open) fd_.reset(open_for_reading(path_));
    if (!fd_) return -errno;
    const ssize_t length = read_whole(fd_.get(), buffer, shape_);
    if (length >= 0) return length;
    if (was_open) continue;
    fd_.reset();
    return length;
  }
}

Result<std::string_view> KernelFile::read(ReadBuffer& buffer) {
  const ssize_t length = read_text(buffer);
  if (length < 0) return io_error(path_, static_cast<int>(-length));
  return std::string_view(buffer.data(), static_cast<std::size_t>(length));
}

Result<std::optional<std::string_view>> KernelFile::read_if_there(ReadBuffer& buffer) {
  const ssize_t length = read_text(buffer);
  if (length >= 0) return std::string_view(buffer.data(), static_cast<std::size_t>(length));
  if (is_missing(static_cast<int>(-length))) return std::nullopt;
  return io_error(path_, static_cast<int>(-length));
}

Result<std::optional<Number>> read_number_if_there(KernelFile& file, ReadBuffer& buffer) {
  const auto text = file.read_if_there(buffer);
  if (!text) return std::unexpected(text.error());
  if (!*text) return std::nullopt;
  std::string_view rest = trimmed(**text);
  const auto number = next_integer(rest);
  if (number && rest.empty()) return number;
  return fail(ErrorKind::kParse, file.path() + ": not a number: '" + printable(**text, 64) + "'");
}

Result<Number> read_number(KernelFile& file, ReadBuffer& buffer) {
  const auto number = read_number_if_there(file, buffer);
  if (!number) return std::unexpected(number.error());
  if (!*number) return io_error(file.path(), ENOENT);
  return **number;
}

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
  const FileDescriptor fd(open_for_reading(path));
  if (!fd) return io_error(path, errno);
  std::string text;
  char chunk[4096];
  for (;;) {
    const ssize_t n = read_at(fd.get(), chunk, sizeof chunk, static_cast<off_t>(text.size()));
    if (n < 0) return io_error(path, static_cast<int>(-n));
    if (n == 0) return text;
    if (text.size() + static_cast<std::size_t>(n) > max_bytes) {
      return fail(ErrorKind::kInvalid,
                  path + ": larger than " + std::to_string(max_bytes) + " bytes");
    }
    text.append(chunk, static_cast<std::size_t>(n));
  }
}

std::vector<std::string> list_directory(const std::string& path) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), ::closedir);
  if (!directory) return names;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  std::ranges::sort(names);
  return names;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

}  // namespace exporter
