// The wanted mounts and the latest answer of each. A mount that does not answer is left alone
// until it does; meanwhile its last answer stands in, and after the timeout an error.
//
// Those that answer out of memory are asked by the scrape itself: waking a thread for them costs
// more than they do. These are file systems whose statfs neither reads a disk nor takes a lock that
// is held across reading one (ext4, tmpfs and their like; not xfs, which in some releases waits for
// its inodes to be freed), below no mount of another kind, and only after a first answer that came
// from the other thread and says the same.
#pragma once

#include <sys/vfs.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/core/deadline_worker.h"
#include "exporter/core/name_filter.h"
#include "exporter/host/mountinfo.h"
#include "exporter/host/table.h"

namespace exporter {

class StatfsTask final : public BlockingTask {
 public:
  StatfsTask(std::function<int(const char*, struct statfs&)> call, std::string path)
      : call_(std::move(call)), path_(std::move(path)) {}

  // While it is not busy, on its owner's thread.
  void ask_here() { run(); }

  int error() const { return error_; }
  const struct statfs& answer() const { return answer_; }

 private:
  void run() noexcept override { error_ = call_(path_.c_str(), answer_); }

  const std::function<int(const char*, struct statfs&)> call_;
  const std::string path_;
  int error_ = 0;
  struct statfs answer_{};
};

struct Mount {
  std::string id;
  std::string device;
  std::string fs_type;
  std::string mount_point;
  std::string major;
  std::string minor;
  bool listed_read_only = false;
  bool is_local = false;  // it and all above it answer out of memory, as far as the list tells

  std::shared_ptr<StatfsTask> task;
  std::int64_t asked_at_ns = 0;  // when the task was last started
  bool has_answered = false;
  struct statfs answer{};
  int error_number = 0;
  std::string error;  // empty: answer is good

  bool is_read_only() const;
  bool answers_at_once() const;
};

class FilesystemMounts {
 public:
  struct Settings {
    NameFilter mount_points;
    NameFilter fs_types;
    std::int64_t timeout_ns = 0;
  };

  FilesystemMounts(const HostContext& context, Settings settings);

  // Makes the list anew from mountinfo; mounts that were there before keep their answers and tasks.
  void list(std::span<const MountLine> lines);

  // Asks every mount that is not still being asked.
  void ask(std::int64_t now_ns);

  // Waits a little for the answers and takes those that came. True when an old answer stands in.
  bool take_answers(std::int64_t now_ns);

  const std::vector<Mount>& mounts() const { return mounts_; }

 private:
  Mount make_mount(const MountLine& line) const;
  void take(Mount& mount) const;
  bool is_local(const MountLine& line) const;

  const std::string rootfs_;  // without the slash at its end
  const std::function<int(const char*, struct statfs&)> statfs_;
  const std::chrono::milliseconds patience_;
  const Settings settings_;
  std::vector<Mount> mounts_;
  std::set<std::string, std::less<>> remote_;         // mount points that may not answer
  std::vector<std::shared_ptr<BlockingTask>> tasks_;  // that the worker was given last
  DeadlineWorker worker_;
};

}  // namespace exporter
