#include "exporter/host/filesystem.h"

#include "exporter/host/filesystem_mounts.h"
#include "exporter/host/options.h"

namespace exporter {
namespace {

constexpr Family gauge(std::string_view name, std::string_view help) {
  return {name, help, MetricType::kGauge, {"device", "device_error", "fstype", "mountpoint"}};
}

constexpr Family kDeviceError =
    gauge("node_filesystem_device_error", "1 when the file system gave an error or no answer.");
constexpr Family kReadOnly =
    gauge("node_filesystem_readonly", "1 when nothing can be written to the file system.");

struct Output {
  Family family;
  Number (*value)(const struct statfs& answer);
};

Number bytes(const struct statfs& answer, std::uint64_t blocks) {
  return Number::product(blocks, static_cast<std::uint64_t>(answer.f_bsize));
}

constexpr Output kOutputs[] = {
    {gauge("node_filesystem_size_bytes", "Size of the file system."),
     [](const struct statfs& answer) { return bytes(answer, answer.f_blocks); }},
    {gauge("node_filesystem_free_bytes", "Room that is free, that for root included."),
     [](const struct statfs& answer) { return bytes(answer, answer.f_bfree); }},
    {gauge("node_filesystem_avail_bytes", "Room that is free for everybody."),
     [](const struct statfs& answer) { return bytes(answer, answer.f_bavail); }},
    {gauge("node_filesystem_files", "Files (inodes) that the file system can hold."),
     [](const struct statfs& answer) { return Number(answer.f_files); }},
    {gauge("node_filesystem_files_free", "Files (inodes) that can still be made."),
     [](const struct statfs& answer) { return Number(answer.f_ffree); }},
    {gauge("node_filesystem_purgeable_bytes", "Room that could be freed; Linux has no such thing."),
     [](const struct statfs&) { return Number(0); }},
};

constexpr Family kMountInfo{"node_filesystem_mount_info",
                            "Device number behind a mount point; always 1.",
                            MetricType::kGauge,
                            {"device", "major", "minor", "mountpoint"}};

constexpr CollectorOption kOptions[] = {
    {"filesystem.mount-points-include", "", "mount points to report; replaces the exclude"},
    {"filesystem.mount-points-exclude",
     "^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)",
     "mount points to leave out"},
    {"filesystem.fs-types-include", "", "types to report; replaces the exclude"},
    {"filesystem.fs-types-exclude",
     "^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|"
     "mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|erofs|sysfs|"
     "tracefs)$",
     "types to leave out"},
    {"filesystem.mount-timeout", "5s", "time after which a mount without answer is an error"},
};

class FilesystemCollector final : public Collector {
 public:
  FilesystemCollector(const HostContext& context, FilesystemMounts::Settings settings)
      : file_(context.roots), mounts_(context, std::move(settings)) {}

  std::string_view name() const override { return "filesystem"; }

  void prepare(const Scrape& scrape) override {
    const auto changed = file_.update(scrape);
    read_result_ = changed ? Result<void>() : std::unexpected(changed.error());
    if (!changed || *changed) list();
    mounts_.ask(scrape.now.mono_ns);
  }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    stale_ = mounts_.take_answers(scrape.now.mono_ns);
    const auto write = [this, &out](const Family& family, bool with_errors, auto value) {
      out.family(family);
      for (const Mount& mount : mounts_.mounts()) {
        if (!with_errors && !mount.error.empty()) continue;
        out.add(value(mount), mount.device, mount.error, mount.fs_type, mount.mount_point);
      }
    };
    write(kDeviceError, true, [](const Mount& mount) { return mount.error.empty() ? 0 : 1; });
    write(kReadOnly, true, [](const Mount& mount) { return mount.is_read_only() ? 1 : 0; });
    for (const Output& output : kOutputs) {
      write(output.family, false, [&](const Mount& mount) { return output.value(mount.answer); });
    }
    out.family(kMountInfo);
    for (const Mount& mount : mounts_.mounts()) {
      if (!mount.error.empty()) continue;
      out.add(1, mount.device, mount.major, mount.minor, mount.mount_point);
    }
    return read_result_ ? list_result_ : read_result_;
  }

  bool stale() const override { return stale_; }

 private:
  void list() {
    LineErrors errors;
    parse_mountinfo(file_.text(), lines_, errors);
    mounts_.list(lines_);
    list_result_ = errors.result(file_.path());
  }

  MountinfoFile file_;
  std::vector<MountLine> lines_;
  FilesystemMounts mounts_;
  Result<void> read_result_;
  Result<void> list_result_;  // of the last list that was read
  bool stale_ = false;
};

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  auto mount_points =
      filter_option(context, "filesystem.mount-points-include", "filesystem.mount-points-exclude");
  if (!mount_points) return std::unexpected(mount_points.error());
  auto fs_types =
      filter_option(context, "filesystem.fs-types-include", "filesystem.fs-types-exclude");
  if (!fs_types) return std::unexpected(fs_types.error());
  const auto timeout_ns = duration_option_ns(context, "filesystem.mount-timeout");
  if (!timeout_ns) return std::unexpected(timeout_ns.error());
  return std::make_unique<FilesystemCollector>(
      context,
      FilesystemMounts::Settings{std::move(*mount_points), std::move(*fs_types), *timeout_ns});
}

}  // namespace

CollectorRow filesystem_row() {
  return {"filesystem", true, "room on mounted file systems (/proc/1/mountinfo, statfs)", kOptions,
          make};
}

}  // namespace exporter
