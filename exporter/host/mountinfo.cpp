// 36 27 254:1 /sub /srv/my\040data rw,noatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro
// id parent major:minor root mount-point options [optional...] - type source super-options
#include "exporter/host/mountinfo.h"

#include <linux/magic.h>
#include <poll.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>

#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr std::int64_t kMaxAgeNs = 30'000'000'000;

// Fields are divided by one blank each; a source can be empty.
bool next_field(std::string_view& line, std::string_view& field) {
  if (line.empty()) return false;
  const std::size_t end = std::min(line.find(' '), line.size());
  field = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return true;
}

bool parse_mount(std::string_view line, MountLine& mount) {
  std::array<std::string_view, 6> head;
  for (std::string_view& field : head) {
    if (!next_field(line, field)) return false;
  }
  std::string_view optional;
  do {
    if (!next_field(line, optional)) return false;
  } while (optional != "-");
  if (!next_field(line, mount.fs_type) || !next_field(line, mount.source)) return false;
  mount.super_options = line;
  mount.id = head[0];
  mount.mount_point = head[4];
  mount.options = head[5];
  const std::size_t colon = head[2].find(':');
  if (colon == std::string_view::npos) return false;
  mount.major = head[2].substr(0, colon);
  mount.minor = head[2].substr(colon + 1);
  return mount.mount_point.starts_with('/');
}

bool has_option(std::string_view options, std::string_view wanted) {
  while (!options.empty()) {
    const std::size_t end = std::min(options.find(','), options.size());
    if (options.substr(0, end) == wanted) return true;
    options.remove_prefix(std::min(end + 1, options.size()));
  }
  return false;
}

bool is_octal(char c) { return c >= '0' && c <= '7'; }

}  // namespace

bool MountLine::is_read_only() const {
  return has_option(options, "ro") || has_option(super_options, "ro") ||
         has_option(super_options, "emergency_ro");
}

void parse_mountinfo(std::string_view text, std::vector<MountLine>& mounts, LineErrors& errors) {
  mounts.clear();
  std::string_view line;
  while (next_line(text, line)) {
    MountLine mount;
    if (parse_mount(line, mount)) {
      mounts.push_back(mount);
    } else {
      errors.add(line);
    }
  }
}

std::string unescape_mount(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text[i] == '\\' && i + 3 < text.size() && text[i + 1] <= '3' &&
                         is_octal(text[i + 1]) && is_octal(text[i + 2]) && is_octal(text[i + 3]);
    if (!escaped) {
      plain += text[i];
      continue;
    }
    plain +=
        static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
    i += 3;
  }
  return plain;
}

MountinfoFile::MountinfoFile(const Roots& roots)
    : of_init_(roots.procfs + "/1/mountinfo", FileShape::kManyRecords),
      own_(roots.procfs + "/self/mountinfo", FileShape::kManyRecords) {}

bool MountinfoFile::is_current(const Scrape& scrape) const {
  if (!pollable_ || scrape.now.boot_ns - read_at_ns_ >= kMaxAgeNs) return false;
  pollfd mounts{.fd = file_->descriptor(), .events = POLLPRI, .revents = 0};
  return ::poll(&mounts, 1, 0) == 0;
}

Result<std::string_view> MountinfoFile::read(ReadBuffer& buffer) {
  file_ = &of_init_;
  auto text = file_->read(buffer);
  if (text) return text;
  file_ = &own_;
  return file_->read(buffer);
}

Result<bool> MountinfoFile::update(const Scrape& scrape) {
  if (is_current(scrape)) return false;
  const auto text = read(scrape.buffer);
  if (!text) {
    pollable_ = false;
    text_.clear();
    return std::unexpected(text.error());
  }
  struct statfs kind{};
  pollable_ = ::fstatfs(file_->descriptor(), &kind) == 0 && kind.f_type == PROC_SUPER_MAGIC;
  read_at_ns_ = scrape.now.boot_ns;
  if (*text == text_) return false;
  text_ = *text;
  return true;
}

}  // namespace exporter
