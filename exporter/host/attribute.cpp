#include "exporter/host/attribute.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <memory>
#include <utility>

#include "exporter/core/scan.h"
#include "exporter/core/text.h"

namespace exporter {
namespace {

constinit std::atomic<int> kept_count{0};

int open_at(const std::string& path, int flags) {
  int fd = -1;
  do {
    fd = ::open(path.c_str(), flags | O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

// Bytes read, or -errno.
ssize_t read_at(int fd, char* to, std::size_t size, std::size_t offset) {
  for (;;) {
    const ssize_t n = ::pread(fd, to, size, static_cast<off_t>(offset));
    if (n >= 0) return n;
    if (errno != EINTR) return -errno;
  }
}

ssize_t read_all(int fd, ReadBuffer& buffer, FileShape shape) {
  if (shape == FileShape::kSingleRecord) return read_at(fd, buffer.data(), buffer.size(), 0);
  for (std::size_t length = 0;;) {
    const ssize_t n = read_at(fd, buffer.data() + length, buffer.size() - length, length);
    if (n < 0) return n;
    if (n == 0 && length < buffer.size()) return static_cast<ssize_t>(length);
    length += static_cast<std::size_t>(n);
    if (length < buffer.size()) continue;
    buffer.grow();  // and start again, so that the text is of one moment
    length = 0;
  }
}

std::string_view without_padding(std::string_view text) {
  constexpr std::string_view kPadding(" \t\r\n\0", 5);
  const std::size_t first = text.find_first_not_of(kPadding);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kPadding) - first + 1);
}

// The power of two behind a letter; -1 when it is none.
int shift_of(char unit) {
  constexpr std::string_view kUnits = "kMGTPEZY";
  const std::size_t at = kUnits.find(unit == 'K' ? 'k' : unit);
  return at == std::string_view::npos ? -1 : 10 * (static_cast<int>(at) + 1);
}

}  // namespace

Attribute::Attribute(Attribute&& other) noexcept
    : path_(std::move(other.path_)), shape_(other.shape_), kept_(std::move(other.kept_)) {}

Attribute& Attribute::operator=(Attribute&& other) noexcept {
  if (this != &other) {
    drop();
    path_ = std::move(other.path_);
    shape_ = other.shape_;
    kept_ = std::move(other.kept_);
  }
  return *this;
}

void Attribute::drop() {
  if (!kept_) return;
  kept_.reset();
  kept_count.fetch_sub(1, std::memory_order_relaxed);
}

ssize_t Attribute::read_kept(ReadBuffer& buffer) {
  const ssize_t n = read_all(kept_.get(), buffer, shape_);
  if (n == -ENODEV || n == -ENOENT || n == -ENXIO || n == -ESTALE) drop();
  return n;
}

std::optional<std::string_view> Attribute::read(ReadBuffer& buffer) {
  ssize_t n = -ENOENT;
  if (kept_) n = read_kept(buffer);
  if (!kept_) {
    FileDescriptor fd(open_at(path_, 0));
    if (!fd) return std::nullopt;
    n = read_all(fd.get(), buffer, shape_);
    if (kept_count.fetch_add(1, std::memory_order_relaxed) < kMaxKept) {
      kept_ = std::move(fd);
    } else {
      kept_count.fetch_sub(1, std::memory_order_relaxed);
    }
  }
  if (n < 0) return std::nullopt;
  return without_padding({buffer.data(), static_cast<std::size_t>(n)});
}

std::optional<Number> to_value(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
    const auto value = next_number<std::uint64_t>(text, 16);
    return value && text.empty() ? std::optional<Number>(*value) : std::nullopt;
  }
  if (const auto value = to_number<std::uint64_t>(text)) return Number(*value);
  if (const auto value = to_number<std::int64_t>(text)) return Number(*value);
  if (const auto value = to_number<double>(text); value && std::isfinite(*value)) {
    return Number(*value);
  }
  return std::nullopt;
}

std::optional<Number> to_size(std::string_view text) {
  const std::size_t end = text.find_first_not_of("+-.0123456789");
  const auto number = to_value(text.substr(0, end));
  if (!number || end == std::string_view::npos) return number;
  std::string_view unit = text.substr(end);
  skip_blanks(unit);
  if (unit == "B") return number;
  const int shift = unit.empty() ? -1 : shift_of(unit.front());
  if (shift < 0) return std::nullopt;
  unit.remove_prefix(1);
  if (!unit.empty() && unit != "B" && unit != "iB") return std::nullopt;
  return Number(std::trunc(std::ldexp(number->as_double(), shift)));
}

Number scaled(Number number, Scale scale) {
  const bool exact = !number.is_real() && !number.negative() && number.decimals() == 0;
  std::uint64_t product = 0;
  if (exact && !__builtin_mul_overflow(number.whole(), scale.multiplier, &product)) {
    return Number::fixed(product, scale.decimals);
  }
  constexpr std::array kPowers{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
  return {number.as_double() * static_cast<double>(scale.multiplier) / kPowers[scale.decimals]};
}

void FileErrors::clear() {
  count_ = 0;
  first_.clear();
}

void FileErrors::add(const std::string& path, std::string_view text) {
  if (count_++ == 0) first_ = path + ": cannot read '" + printable(text) + "'";
}

void FileErrors::add(const std::string& path, const LineErrors& lines) {
  if (lines.count() == 0) return;
  if (count_ == 0) first_ = lines.result(path).error().message;
  ++count_;
}

Result<void> FileErrors::result() const {
  if (count_ == 0) return {};
  std::string message = first_;
  if (count_ > 1) message += " and " + std::to_string(count_ - 1) + " more";
  return fail(ErrorKind::kParse, std::move(message));
}

bool DirectoryWatch::changed() {
  const std::uint64_t now = look();
  return std::exchange(seen_, now) != now;
}

// A sum over the entries, whatever their order: FNV-1a of each one's inode and name, then mixed, so
// that neighbours in inode and in name do not cancel out. 0: no directory.
std::uint64_t DirectoryWatch::look() {
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (!directory_) directory_.reset(open_at(path_, O_DIRECTORY));
    if (!directory_) return 0;
    alignas(dirent64) std::array<char, 8192> entries;
    std::uint64_t sum = 0;
    std::size_t count = 0;
    ::lseek(directory_.get(), 0, SEEK_SET);
    long n = 0;
    while ((n = ::syscall(SYS_getdents64, directory_.get(), entries.data(), entries.size())) > 0) {
      for (long at = 0; at < n;) {
        const auto* entry =
            reinterpret_cast<const dirent64*>(&entries[static_cast<std::size_t>(at)]);
        std::uint64_t hash = (14695981039346656037ULL ^ entry->d_ino) * 1099511628211ULL;
        for (const char* c = entry->d_name; *c != '\0'; ++c) {
          hash = (hash ^ static_cast<unsigned char>(*c)) * 1099511628211ULL;
        }
        sum += hash ^ (hash >> 32);
        ++count;
        at += entry->d_reclen;
      }
    }
    // A directory that was removed lists nothing, not even itself; another may stand in its place.
    if (n == 0 && count > 0) return sum | 1;
    directory_.reset();
  }
  return 0;
}

bool is_there(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return false;
  return !S_ISDIR(info.st_mode) || has_entries(path);
}

bool has_entries(const std::string& directory) {
  const std::unique_ptr<DIR, int (*)(DIR*)> opened(::opendir(directory.c_str()), ::closedir);
  if (!opened) return false;
  while (const dirent* entry = ::readdir(opened.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") return true;
  }
  return false;
}

}  // namespace exporter
