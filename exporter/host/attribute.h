// Files of sysfs (Documentation/filesystems/sysfs.rst): mostly one value each, read again and again
// through a kept descriptor as long as the process can spare one. A file that is not there, or that
// the driver does not want to read now, is no error: devices come and go, and drivers make files
// that they then refuse.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "exporter/core/error.h"
#include "exporter/core/kernel_file.h"
#include "exporter/core/line_errors.h"
#include "exporter/core/number.h"

namespace exporter {

// A file to be read again. Belongs to one thread at a time.
class Attribute {
 public:
  // Descriptors that all attributes of this process keep; further ones are opened for each reading.
  static constexpr int kMaxKept = 256;

  Attribute() = default;
  explicit Attribute(std::string path, FileShape shape = FileShape::kSingleRecord)
      : path_(std::move(path)), shape_(shape) {}
  Attribute(Attribute&& other) noexcept;
  Attribute& operator=(Attribute&& other) noexcept;
  ~Attribute() { drop(); }

  const std::string& path() const { return path_; }

  // What one read at offset 0 gives (or, of many records, reading to the end), without white space
  // and NUL at both ends; valid until the next reading into the same buffer. Allocates nothing.
  std::optional<std::string_view> read(ReadBuffer& buffer);

 private:
  ssize_t read_kept(ReadBuffer& buffer);
  void drop();

  std::string path_;
  FileShape shape_ = FileShape::kSingleRecord;
  FileDescriptor kept_;
};

// A value is cut here, so that a driver's essay does not become a label.
inline constexpr std::size_t kMaxValueBytes = 128;
// A list, that of a bond's interfaces say: as long as a file of sysfs can be.
inline constexpr std::size_t kMaxListBytes = 4096;

// "42", "-7", "0x1003", "98.5": the whole text as a number.
std::optional<Number> to_value(std::string_view text);

// "12.3k", "-4.0M", "1.5 GiB", "512": as bcache and bcachefs print sizes, in powers of 1024.
std::optional<Number> to_size(std::string_view text);

// number * multiplier / 10^decimals.
struct Scale {
  std::uint64_t multiplier = 1;
  std::uint8_t decimals = 0;
};
Number scaled(Number number, Scale scale);

// What could not be read in one round over many files; the rest counts.
class FileErrors {
 public:
  void clear();
  void add(const std::string& path, std::string_view text);
  // While the text of the lines is there.
  void add(const std::string& path, const LineErrors& lines);
  // kParse, naming the first file and its text, when there was one.
  Result<void> result() const;

 private:
  std::size_t count_ = 0;
  std::string first_;
};

// Says whether a directory holds the same entries as before: sysfs changes neither the times of its
// directories nor tells inotify, but a device that is replaced by one of the same name gets another
// inode. Costs a listing, two system calls. One thread.
class DirectoryWatch {
 public:
  explicit DirectoryWatch(std::string path) : path_(std::move(path)), seen_(look()) {}

  // Since the last call, or since construction.
  bool changed();

 private:
  std::uint64_t look();

  std::string path_;
  FileDescriptor directory_;
  std::uint64_t seen_;
};

bool has_entries(const std::string& directory);

// A file, or a directory with entries.
bool is_there(const std::string& path);

}  // namespace exporter
