// The one door through which kernel text comes in. Files below the procfs and sysfs roots stay open
// and are read again with pread from offset 0, which costs a tenth of opening them. The roots are
// parameters, so every collector runs on a tree of fixtures.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/core/error.h"
#include "exporter/core/number.h"

namespace exporter {

struct Roots {
  std::string procfs = "/proc";
  std::string sysfs = "/sys";
  std::string rootfs = "/";
  // path begins with "/".
  std::string in_rootfs(const std::string& path) const {
    return rootfs == "/" ? path : rootfs + path;
  }
  std::string udev = "/run/udev/data";
};

// Owns a descriptor. Movable, closes at the end.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor() { reset(); }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release();
  void reset(int fd = -1);

 private:
  int fd_ = -1;
};

// A growing buffer that many files are read into one after another: what read() returned is valid
// until the next read into the same buffer. One thread at a time.
class ReadBuffer {
 public:
  explicit ReadBuffer(std::size_t size = 64 * 1024) : size_(size), data_(new char[size]) {}
  char* data() { return data_.get(); }
  std::size_t size() const { return size_; }
  void grow();

 private:
  std::size_t size_;
  std::unique_ptr<char[]> data_;
};

// How the kernel makes the text: a file made by one show function ("single_open") ends with the
// first read that leaves room in the buffer; others hand out record by record and have to be read
// until nothing comes. The kernel fills a page at least with whole records before it hands out
// what it has (fs/seq_file.c), so where no record is longer than kShortRecordBytes, a read that
// leaves more of a page than that was the last: it saves a second walk through the kernel's table,
// which may cost more than the first. Of a file below /proc/sys the kernel clears as many bytes as
// the reader has room for, so of one line no more is asked for than such a line needs.
enum class FileShape { kSingleRecord, kManyRecords, kShortRecords, kOneLine };

inline constexpr std::size_t kShortRecordBytes = 256;
inline constexpr std::size_t kOneLineBytes = 256;

class KernelFile {
 public:
  explicit KernelFile(std::string path, FileShape shape = FileShape::kSingleRecord)
      : path_(std::move(path)), shape_(shape) {}

  // The whole text, one consistent reading. Opens when not open yet, opens again once when the
  // kernel says that what was open is gone. kNotFound when there is no such file, kIo otherwise.
  Result<std::string_view> read(ReadBuffer& buffer);

  // The same for a file that a machine may well lack: nothing instead of kNotFound, which takes no
  // memory.
  Result<std::optional<std::string_view>> read_if_there(ReadBuffer& buffer);

  const std::string& path() const { return path_; }

  // The open descriptor, for poll(); -1 when not open.
  int descriptor() const { return fd_.get(); }

 private:
  ssize_t read_text(ReadBuffer& buffer);

  std::string path_;
  FileShape shape_;
  FileDescriptor fd_;
};

// A file that holds one whole number. kParse when it holds something else.
Result<Number> read_number(KernelFile& file, ReadBuffer& buffer);

// The same for a file that a machine may well lack.
Result<std::optional<Number>> read_number_if_there(KernelFile& file, ReadBuffer& buffer);

// A file that is read once or rarely: opened, read to the end, closed.
Result<std::string> read_file(const std::string& path, std::size_t max_bytes = 1 << 20);

// The names in a directory, sorted, without "." and ".."; empty when there is no such directory.
std::vector<std::string> list_directory(const std::string& path);

// Without white space at both ends.
std::string_view trimmed(std::string_view text);

}  // namespace exporter
