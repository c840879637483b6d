// A directory of the kernel's that is listed again and again: it stays open and is read into a
// buffer of its own, so a listing allocates nothing. One thread at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "exporter/core/error.h"
#include "exporter/core/kernel_file.h"

namespace exporter {

class Directory {
 public:
  explicit Directory(std::string path = {}) : path_(std::move(path)) {}

  // Turns to another directory, named from an open one; for_each() then lists that.
  bool open_at(int directory, const char* name);

  // Calls visit(name) for each entry but "." and "..", in the kernel's order. Names are valid in
  // the call only. kNotFound when there is no such directory. What was open and is gone is opened
  // anew at the next call.
  template <class Visit>
  Result<void> for_each(Visit visit) {
    if (auto begun = rewind(); !begun) return begun;
    for (;;) {
      const auto names = next_block();
      if (!names) return std::unexpected(names.error());
      if (*names == 0) return {};
      std::size_t at = 0;
      std::string_view name;
      while (next_name(at, *names, name)) {
        if (name != "." && name != "..") visit(name);
      }
    }
  }

  const std::string& path() const { return path_; }

  // For openat() below it; -1 when not open.
  int descriptor() const { return fd_.get(); }

 private:
  Result<void> rewind();
  Result<std::size_t> next_block();
  bool next_name(std::size_t& at, std::size_t size, std::string_view& name) const;

  static constexpr std::size_t kBlockBytes = 16 * 1024;

  std::string path_;
  FileDescriptor fd_;
  std::unique_ptr<char[]> block_;
};

}  // namespace exporter
