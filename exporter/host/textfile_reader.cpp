// A file is opened so that neither a symbolic link can lead out of its directory nor a pipe can
// hold us up: openat2 with RESOLVE_BENEATH, where the kernel has it (5.6); links are refused
// elsewhere. Whoever writes into the directory of text files may be somebody with fewer rights.
#include "exporter/host/textfile_reader.h"

#include <fcntl.h>
#include <glob.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <system_error>

#include "exporter/core/kernel_file.h"

namespace exporter {
namespace {

constexpr char kEnding[] = ".prom";

std::string words(int error) { return std::generic_category().message(error); }

// The directories that pattern stands for; itself when it fits none, so that the error names it.
std::vector<std::string> directories(const std::string& pattern) {
  std::vector<std::string> paths;
  glob_t found{};
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  ::globfree(&found);
  if (paths.empty()) paths.push_back(pattern);
  return paths;
}

FileDescriptor open_beneath(int directory, const std::string& name) {
  constexpr int kFlags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  open_how how{};
  how.flags = kFlags;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const long fd = ::syscall(SYS_openat2, directory, name.c_str(), &how, sizeof how);
  if (fd >= 0) return FileDescriptor(static_cast<int>(fd));
  if (errno != ENOSYS && errno != EPERM) return {};  // EPERM: older sandboxes know no openat2
  return FileDescriptor(::openat(directory, name.c_str(), kFlags | O_NOFOLLOW));
}

bool same_file(const struct stat& a, const struct stat& b) {
  const auto same_time = [](const timespec& x, const timespec& y) {
    return x.tv_sec == y.tv_sec && x.tv_nsec == y.tv_nsec;
  };
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         same_time(a.st_mtim, b.st_mtim) && same_time(a.st_ctim, b.st_ctim);
}

Result<std::string> read_whole(int fd, std::size_t size) {
  std::string text(size + 1, '\0');  // one more, to see a file that grows
  std::size_t length = 0;
  while (length < text.size()) {
    const ssize_t n = ::read(fd, text.data() + length, text.size() - length);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(ErrorKind::kIo, words(errno));
    if (n == 0) break;
    length += static_cast<std::size_t>(n);
  }
  if (length > size) return fail(ErrorKind::kIo, "grows while it is read: rename whole files");
  text.resize(length);
  return text;
}

Result<std::vector<TextFamily>> parse_file(int fd, const struct stat& status) {
  if (!S_ISREG(status.st_mode)) return fail(ErrorKind::kIo, "not a regular file");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > kMaxTextFileBytes) {
    return fail(ErrorKind::kIo, "larger than " + std::to_string(kMaxTextFileBytes) + " bytes");
  }
  const auto text = read_whole(fd, size);
  if (!text) return std::unexpected(text.error());
  return parse_exposition(*text, kMaxTextFileSamples);
}

}  // namespace

void TextfileReader::read_file(int directory, const std::string& directory_path,
                               const std::string& name) {
  const std::string path = directory_path + (directory_path.ends_with('/') ? "" : "/") + name;
  Known& known = known_[path];
  known.run = runs_;
  const auto publish = [&](std::string error, std::int64_t mtime,
                           std::vector<TextFamily> families) {
    const bool is_news = !known.file || known.file->error != error || error.empty();
    if (is_news) {
      known.file = std::make_shared<const TextFile>(
          TextFile{path, mtime, std::move(error), std::move(families)});
    }
    files_.push_back(known.file);
  };
  struct stat status{};
  if (known.file && ::fstatat(directory, name.c_str(), &status, 0) == 0 &&
      same_file(status, known.status)) {
    files_.push_back(known.file);
    return;
  }
  const FileDescriptor fd = open_beneath(directory, name);
  if (!fd || ::fstat(fd.get(), &status) != 0) {
    if (errno == ENOENT && !known.file) return;  // gone since the directory was listed
    known.status = {};
    return publish(path + ": " + words(errno), 0, {});
  }
  known.status = status;
  auto families = parse_file(fd.get(), status);
  if (!families) return publish(path + ": " + families.error().message, 0, {});
  publish({}, status.st_mtim.tv_sec, std::move(*families));
}

void TextfileReader::read_directory(const std::string& path) {
  const FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) {
    errors_.push_back(path + ": " + words(errno));
    return;
  }
  for (const std::string& name : list_directory(path)) {
    if (!name.ends_with(kEnding)) continue;
    if (files_.size() == kMaxTextFiles) {
      errors_.push_back(path + ": more than " + std::to_string(kMaxTextFiles) + " files");
      return;
    }
    read_file(directory.get(), path, name);
  }
}

void TextfileReader::read_all() {
  ++runs_;
  const auto files_before = std::move(files_);
  const auto errors_before = std::move(errors_);
  files_.clear();
  errors_.clear();
  for (const std::string& path : directories(pattern_)) read_directory(path);
  std::erase_if(known_, [this](const auto& entry) { return entry.second.run != runs_; });
  if (runs_ == 1 || files_ != files_before || errors_ != errors_before) ++version_;
}

void TextfileReader::run() noexcept {
  try {
    read_all();
  } catch (const std::bad_alloc&) {
    files_.clear();
    errors_.assign({pattern_ + ": no memory"});
    ++version_;
  }
}

}  // namespace exporter
