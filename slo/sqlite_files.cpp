#include "slo/sqlite_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <string_view>
#include <utility>

namespace slo {

using exporter::ErrorKind;
using exporter::fail;
using exporter::Result;

namespace {

constexpr std::string_view kSuffixes[] = {"-wal", "-shm"};
constexpr std::string_view kDamaged = "fournines.db.damaged-";

std::unexpected<exporter::Error> failed(const std::string& path, int number = errno) {
  return fail(ErrorKind::kIo, path + ": " + strerrordesc_np(number));
}

class File {
 public:
  File(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0640)) {}
  ~File() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

Result<void> sync_directory(const std::string& path) {
  const File directory(path, O_RDONLY | O_DIRECTORY);
  if (!directory || ::fsync(directory.fd()) != 0) {
    return failed(path);
  }
  return {};
}

std::string parent_of(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

// A new directory lasts when the one that names it was synced; one that may not last is not left
// there for the next start to trust.
Result<void> make_directory(const std::string& path) {
  if (file_exists(path)) {
    return {};
  }
  if (auto made = make_directory(parent_of(path)); !made) {
    return made;
  }
  if (::mkdir(path.c_str(), 0750) != 0) {
    return errno == EEXIST ? Result<void>() : failed(path);
  }
  auto synced = sync_directory(parent_of(path));
  if (!synced) {
    ::rmdir(path.c_str());
  }
  return synced;
}

// "20261125T200512Z"
std::string stamp(std::int64_t utc_ms) {
  const std::time_t seconds = utc_ms / 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts)};
}

Result<void> rename_file(const std::string& from, const std::string& to) {
  return ::rename(from.c_str(), to.c_str()) == 0 ? Result<void>() : failed(from);
}

}  // namespace

Result<StateDirectory> StateDirectory::open(const std::string& path) {
  if (auto made = make_directory(path); !made) {
    return std::unexpected(made.error());
  }
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    return failed(path);
  }
  StateDirectory directory(path, fd);
  // Network file systems may know no locks on directories; SQLite's lock on the file is left there.
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return fail(ErrorKind::kConflict, path + ": another fournines keeps its history here");
  }
  if (::access(path.c_str(), R_OK | W_OK | X_OK) != 0) {
    return failed(path);
  }
  return directory;
}

StateDirectory::StateDirectory(StateDirectory&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      device_(other.device_),
      inode_(other.inode_) {}

StateDirectory& StateDirectory::operator=(StateDirectory&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  std::swap(device_, other.device_);
  std::swap(inode_, other.inode_);
  return *this;
}

StateDirectory::~StateDirectory() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

Result<void> StateDirectory::hold() {
  struct stat held{};
  struct stat named{};
  if (::fstat(fd_, &held) == 0 && ::stat(path_.c_str(), &named) == 0 &&
      held.st_ino == named.st_ino && held.st_dev == named.st_dev) {
    return {};
  }
  auto again = open(path_);
  if (!again) {
    return std::unexpected(again.error());
  }
  *this = std::move(*again);
  return {};
}

bool StateDirectory::has_database() const { return file_exists(database()); }

Result<void> StateDirectory::sync() const { return sync_directory(path_); }

Result<std::string> StateDirectory::put_aside(std::int64_t utc_ms) {
  const std::string base = std::string(kDamaged) + stamp(utc_ms);
  std::string name = base;
  const auto taken = [&] {
    const std::string path = path_ + "/" + name;
    return file_exists(path) || file_exists(path + "-wal");
  };
  for (int number = 2; taken(); ++number) {
    name = base + "." + std::to_string(number);
  }
  const std::string aside = path_ + "/" + name;
  if (has_database()) {
    if (auto moved = rename_file(database(), aside); !moved) {
      return std::unexpected(moved.error());
    }
  }
  for (const std::string_view suffix : kSuffixes) {
    const std::string from = database().append(suffix);
    if (!file_exists(from)) {
      continue;
    }
    if (auto moved = rename_file(from, aside + std::string(suffix)); !moved) {
      return std::unexpected(moved.error());
    }
  }
  if (auto synced = sync(); !synced) {
    return std::unexpected(synced.error());
  }
  return name;
}

Result<std::string> StateDirectory::replace(std::int64_t utc_ms) {
  remove_file(building() + "-wal");  // empty
  if (auto moved = rename_file(building(), complete()); !moved) {
    return std::unexpected(moved.error());
  }
  if (auto synced = sync(); !synced) {
    return std::unexpected(synced.error());
  }
  Result<std::string> aside;
  if (has_database() || file_exists(log())) {
    aside = put_aside(utc_ms);
    if (!aside) {
      return aside;
    }
  }
  auto moved = rename_file(complete(), database());
  if (moved) {
    moved = sync();
  }
  if (!moved) {
    return std::unexpected(moved.error());
  }
  return aside;
}

Result<void> StateDirectory::tidy(std::int64_t utc_ms) {
  for (const std::string_view suffix : {"", "-wal", "-shm", "-journal"}) {
    ::unlink(building().append(suffix).c_str());
  }
  if (has_database()) {
    ::unlink(complete().c_str());
    return {};
  }
  if (file_exists(log())) {
    if (auto aside = put_aside(utc_ms); !aside) {
      return std::unexpected(aside.error());
    }
  }
  if (file_exists(complete())) {
    if (auto moved = rename_file(complete(), database()); !moved) {
      return moved;
    }
    return sync();
  }
  return {};
}

std::string StateDirectory::newest_damaged() const {
  std::string newest;
  std::error_code error;
  for (auto at = std::filesystem::directory_iterator(path_, error);
       !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    std::string name = at->path().filename().string();
    for (const std::string_view suffix : kSuffixes) {
      if (name.ends_with(suffix)) {
        name.resize(name.size() - suffix.size());
      }
    }
    if (name.starts_with(kDamaged)) {
      newest = std::max(newest, name);
    }
  }
  return newest;
}

bool StateDirectory::database_is_remembered() const {
  struct stat now{};
  return ::stat(database().c_str(), &now) == 0 && now.st_dev == device_ && now.st_ino == inode_;
}

void StateDirectory::remember_database() {
  struct stat now{};
  if (::stat(database().c_str(), &now) == 0) {
    device_ = now.st_dev;
    inode_ = now.st_ino;
  }
}

bool file_exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

void remove_file(const std::string& path) { ::unlink(path.c_str()); }

std::uint64_t file_bytes(const std::string& path) {
  struct stat now{};
  return ::stat(path.c_str(), &now) == 0 ? static_cast<std::uint64_t>(now.st_size) : 0;
}

Result<std::string> read_file(const std::string& path) {
  const File file(path, O_RDONLY);
  if (!file) {
    return errno == ENOENT ? Result<std::string>("") : failed(path);
  }
  std::string bytes(file_bytes(path), '\0');
  std::size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t got =
        ::pread(file.fd(), bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
    if (got < 0) {
      return failed(path);
    }
    if (got == 0) {
      break;
    }
    at += static_cast<std::size_t>(got);
  }
  bytes.resize(at);
  return bytes;
}

Result<void> write_again(const std::string& path) {
  const Result<std::string> bytes = read_file(path);
  if (!bytes || bytes->empty()) {
    return {};
  }
  const File file(path, O_WRONLY);
  if (!file) {
    return failed(path);
  }
  std::size_t at = 0;
  while (at < bytes->size()) {
    const ssize_t put =
        ::pwrite(file.fd(), bytes->data() + at, bytes->size() - at, static_cast<off_t>(at));
    if (put < 0) {
      return failed(path);
    }
    at += static_cast<std::size_t>(put);
  }
  return ::fdatasync(file.fd()) == 0 ? Result<void>() : failed(path);
}

Result<void> publish_file(const std::string& from, const std::string& to) {
  const File file(from, O_RDONLY);
  if (!file || ::fsync(file.fd()) != 0) {
    return failed(from);
  }
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) != 0) {
    return errno == EEXIST ? fail(ErrorKind::kConflict, to + ": there is such a file already")
                           : failed(to);
  }
  return sync_directory(parent_of(to));
}

}  // namespace slo
