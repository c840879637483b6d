// The mounts of the machine: P/1/mountinfo, or P/self/mountinfo where another process' file is
// hidden. proc_pid_mountinfo(5).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/core/collector.h"
#include "exporter/core/line_errors.h"

namespace exporter {

// One line; views into the text. Paths are as the kernel escaped them.
struct MountLine {
  std::string_view id;
  std::string_view major;
  std::string_view minor;
  std::string_view mount_point;
  std::string_view options;
  std::string_view fs_type;
  std::string_view source;
  std::string_view super_options;

  bool is_read_only() const;
};

void parse_mountinfo(std::string_view text, std::vector<MountLine>& mounts, LineErrors& errors);

// "\040" is a blank: every backslash with three octal digits is one byte.
std::string unescape_mount(std::string_view text);

// The text, read again only when the kernel says that the mounts changed, and every 30 s because
// options can change without that word (a file system that turns read-only after an error). On
// fixtures, which cannot be polled, every time.
class MountinfoFile {
 public:
  explicit MountinfoFile(const Roots& roots);

  // True when the text is another than at the last call. After an error the text is empty.
  Result<bool> update(const Scrape& scrape);

  std::string_view text() const { return text_; }
  const std::string& path() const { return file_->path(); }

 private:
  bool is_current(const Scrape& scrape) const;
  Result<std::string_view> read(ReadBuffer& buffer);

  KernelFile of_init_;
  KernelFile own_;
  KernelFile* file_ = &of_init_;  // the one that could be read
  bool pollable_ = false;
  std::int64_t read_at_ns_ = 0;
  std::string text_;
};

}  // namespace exporter
