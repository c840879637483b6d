#include "exporter/host/filesystem.h"

#include <sys/statvfs.h>

#include <cerrno>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "exporter/core/deadline_worker.h"
#include "tests/exporter/host/driver.h"
#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

// A kernel whose mounts the test decides: errors, and mounts that do not answer.
class FakeMounts {
 public:
  int statfs(const std::string& path, struct statfs& to) {
    std::unique_lock lock(lock_);
    ++calls_[path];
    callers_[path] = std::this_thread::get_id();
    changed_.wait(lock, [&] { return !hung_.contains(path); });
    to.f_bsize = 4096;
    to.f_blocks = 100;
    to.f_bfree = 50;
    to.f_bavail = 40 + offset_;
    to.f_files = 30;
    to.f_ffree = 20;
    to.f_flags = flags_[path];
    to.f_type = types_[path];
    return errors_[path];
  }
  void set_type(const std::string& path, long magic) {
    const std::lock_guard lock(lock_);
    types_[path] = magic;
  }
  bool was_asked_here(const std::string& path) {
    const std::lock_guard lock(lock_);
    return callers_[path] == std::this_thread::get_id();
  }
  void hang(const std::string& path) {
    const std::lock_guard lock(lock_);
    hung_[path] = true;
  }
  void answer_all() {
    const std::lock_guard lock(lock_);
    hung_.clear();
    changed_.notify_all();
  }
  void fail(const std::string& path, int error) {
    const std::lock_guard lock(lock_);
    errors_[path] = error;
  }
  void set_flags(const std::string& path, long flags) {
    const std::lock_guard lock(lock_);
    flags_[path] = flags;
  }
  void grow() {
    const std::lock_guard lock(lock_);
    ++offset_;
  }
  int calls(const std::string& path) {
    const std::lock_guard lock(lock_);
    return calls_[path];
  }

 private:
  std::mutex lock_;
  std::condition_variable changed_;
  std::map<std::string, bool> hung_;
  std::map<std::string, int> errors_;
  std::map<std::string, long> flags_;
  std::map<std::string, int> calls_;
  std::map<std::string, long> types_;
  std::map<std::string, std::thread::id> callers_;
  std::uint64_t offset_ = 0;
};

struct MountMachine {
  test::TempTree tree;
  std::shared_ptr<FakeMounts> mounts = std::make_shared<FakeMounts>();
  HostContext context;

  explicit MountMachine(std::string_view mountinfo = kTwoMounts) {
    tree.write("1/mountinfo", mountinfo);
    context = make_host_context({.procfs = tree.root()});
    context.statfs = [fake = mounts](const char* path, struct statfs& to) {
      return fake->statfs(path, to);
    };
    context.patience = std::chrono::seconds(60);
  }

  static constexpr std::string_view kTwoMounts =
      "21 1 254:0 / / rw - ext4 /dev/vda rw\n"
      "22 21 0:40 / /mnt/nas rw - nfs4 nas:/export rw\n"
      "23 21 0:41 / /srv ro - xfs /dev/vdb rw\n";
};

Moment at(std::int64_t seconds) {
  return {.boot_ns = seconds * 1'000'000'000, .mono_ns = seconds * 1'000'000'000};
}

std::string labels(const std::string& device, const std::string& error, const std::string& type,
                   const std::string& mount_point) {
  return "{device=\"" + device + "\",device_error=\"" + error + "\",fstype=\"" + type +
         "\",mountpoint=\"" + mount_point + "\"} ";
}

bool has_line(const std::string& page, const std::string& line) {
  return page.find("\n" + line + "\n") != std::string::npos;
}

const std::string kRoot = labels("/dev/vda", "", "ext4", "/");
const std::string kNas = labels("nas:/export", "", "nfs4", "/mnt/nas");
const std::string kNasTimeout = labels("nas:/export", "mountpoint timeout", "nfs4", "/mnt/nas");

TEST_CASE("every mount is reported with its room, its error and its device number") {
  const MountMachine machine;
  Driver driver(machine.context, {"filesystem"});
  const std::string& page = driver.scrape(at(0));
  CHECK(driver.result("filesystem"));
  CHECK(has_line(page, "node_filesystem_size_bytes" + kRoot + "409600"));
  CHECK(has_line(page, "node_filesystem_free_bytes" + kRoot + "204800"));
  CHECK(has_line(page, "node_filesystem_avail_bytes" + kNas + "163840"));
  CHECK(has_line(page, "node_filesystem_files" + kNas + "30"));
  CHECK(has_line(page, "node_filesystem_files_free" + kNas + "20"));
  CHECK(has_line(page, "node_filesystem_purgeable_bytes" + kNas + "0"));
  CHECK(has_line(page, "node_filesystem_device_error" + kNas + "0"));
  CHECK(has_line(page, "node_filesystem_readonly" + kNas + "0"));
  CHECK(has_line(page, "node_filesystem_readonly" + labels("/dev/vdb", "", "xfs", "/srv") + "1"));
  CHECK(page.find("\nnode_filesystem_mount_info{device=\"nas:/export\",major=\"0\",minor=\"40\","
                  "mountpoint=\"/mnt/nas\"} 1\n") != std::string::npos);
}

TEST_CASE(
    "a mount that answers out of memory is asked by the scrape itself, after a first answer") {
  MountMachine machine(
      "21 1 254:0 / / rw - ext4 /dev/vda rw\n"
      "22 21 0:40 / /mnt/nas rw - nfs4 nas:/export rw\n"
      "23 22 0:41 / /mnt/nas/cache rw - tmpfs tmpfs rw\n"
      "24 21 0:42 / /mnt/nascent rw - tmpfs tmpfs rw\n"
      "25 21 0:43 / /srv rw - ext4 /dev/vdb rw\n");
  FakeMounts& mounts = *machine.mounts;
  mounts.set_type("/", 0xEF53);
  mounts.set_type("/mnt/nas/cache", 0x01021994);
  mounts.set_type("/mnt/nascent", 0x01021994);
  mounts.set_type("/srv", 0x6969);  // the path leads elsewhere than the list says
  Driver driver(machine.context, {"filesystem"});
  driver.scrape(at(0));
  for (const char* path : {"/", "/mnt/nas", "/mnt/nas/cache", "/mnt/nascent", "/srv"}) {
    CHECK_FALSE(mounts.was_asked_here(path));
  }
  mounts.grow();
  CHECK(has_line(driver.scrape(at(1)), "node_filesystem_avail_bytes" + kRoot + "167936"));
  CHECK(mounts.was_asked_here("/"));
  CHECK(mounts.was_asked_here("/mnt/nascent"));
  for (const char* path : {"/mnt/nas", "/mnt/nas/cache", "/srv"}) {
    CHECK_FALSE(mounts.was_asked_here(path));
  }

  machine.tree.write("1/mountinfo",
                     "21 1 254:0 / / rw - ext4 /dev/vda rw\n"
                     "24 21 0:42 / /mnt/nascent rw - tmpfs tmpfs rw\n"
                     "26 24 0:44 / /mnt/nascent rw - fuse.sshfs far rw\n");
  driver.scrape(at(2));
  CHECK(mounts.was_asked_here("/"));
  CHECK_FALSE(mounts.was_asked_here("/mnt/nascent"));
}

TEST_CASE("a file system that refuses gives its error in words and no sizes") {
  MountMachine machine;
  machine.mounts->fail("/mnt/nas", ESTALE);
  Driver driver(machine.context, {"filesystem"});
  const std::string page = driver.scrape(at(0));
  const std::string stale = labels("nas:/export", "stale file handle", "nfs4", "/mnt/nas");
  CHECK(driver.result("filesystem"));
  CHECK(has_line(page, "node_filesystem_device_error" + stale + "1"));
  CHECK(has_line(page, "node_filesystem_readonly" + stale + "0"));
  CHECK(page.find("node_filesystem_size_bytes{device=\"nas") == std::string::npos);
  CHECK(page.find("mount_info{device=\"nas") == std::string::npos);
  machine.mounts->fail("/mnt/nas", 0);
  CHECK(has_line(driver.scrape(at(1)), "node_filesystem_avail_bytes" + kNas + "163840"));
}

TEST_CASE("a file system that turned read-only without a word is seen by its answer") {
  MountMachine machine;
  Driver driver(machine.context, {"filesystem"});
  CHECK(has_line(driver.scrape(at(0)), "node_filesystem_readonly" + kRoot + "0"));
  machine.mounts->set_flags("/", ST_RDONLY);
  CHECK(has_line(driver.scrape(at(1)), "node_filesystem_readonly" + kRoot + "1"));
}

TEST_CASE("a mount that never answered is an error from the first scrape, the others are fresh") {
  MountMachine machine;
  machine.context.patience = std::chrono::seconds(2);
  machine.mounts->hang("/mnt/nas");
  Driver driver(machine.context, {"filesystem"});
  for (int i = 0; i < 100; ++i) {
    const std::string& page = driver.scrape(at(i));
    CHECK(has_line(page, "node_filesystem_device_error" + kNasTimeout + "1"));
    CHECK(has_line(page, "node_filesystem_avail_bytes" + kRoot + std::to_string(4096 * (40 + i))));
    CHECK(driver.result("filesystem"));
    CHECK_FALSE(driver.collector("filesystem").stale());
    machine.mounts->grow();
  }
  CHECK(machine.mounts->calls("/mnt/nas") == 1);
  CHECK(DeadlineWorker::has_stuck_threads());
  machine.mounts->answer_all();
  while (DeadlineWorker::has_stuck_threads())
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  machine.context.patience = std::chrono::seconds(60);
  const std::string& page = driver.scrape(at(200));
  CHECK(has_line(page, "node_filesystem_device_error" + kNas + "0"));
  CHECK(machine.mounts->calls("/mnt/nas") == 2);
}

TEST_CASE("a mount that stops answering keeps its last values for the timeout, marked as stale") {
  MountMachine machine;
  machine.context.patience = std::chrono::seconds(2);
  machine.context.options["filesystem.mount-timeout"] = "5s";
  Driver driver(machine.context, {"filesystem"});
  driver.scrape(at(0));
  machine.mounts->hang("/mnt/nas");
  machine.mounts->grow();
  for (const int seconds : {10, 14}) {
    const std::string& page = driver.scrape(at(seconds));
    CHECK(has_line(page, "node_filesystem_avail_bytes" + kNas + "163840"));
    CHECK(has_line(page, "node_filesystem_avail_bytes" + kRoot + "167936"));
    CHECK(driver.collector("filesystem").stale());
  }
  const std::string& page = driver.scrape(at(15));
  CHECK(has_line(page, "node_filesystem_device_error" + kNasTimeout + "1"));
  CHECK_FALSE(driver.collector("filesystem").stale());
  machine.mounts->answer_all();
}

TEST_CASE("a collector that goes does not wait for its stuck mount") {
  const auto mounts = [] {
    MountMachine machine;
    machine.context.patience = std::chrono::milliseconds(20);
    machine.mounts->hang("/mnt/nas");
    Driver driver(machine.context, {"filesystem"});
    driver.scrape(at(0));
    return machine.mounts;
  }();
  CHECK(DeadlineWorker::has_stuck_threads());
  mounts->answer_all();
  while (DeadlineWorker::has_stuck_threads())
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

TEST_CASE(
    "mounts that come and go change the page, those that stay are not asked anew as strangers") {
  MountMachine machine;
  machine.context.patience = std::chrono::seconds(2);
  machine.mounts->hang("/mnt/nas");
  Driver driver(machine.context, {"filesystem"});
  driver.scrape(at(0));
  machine.tree.write("1/mountinfo", std::string(MountMachine::kTwoMounts) +
                                        "24 21 8:1 / /data rw - ext4 /dev/sda1 rw\nbroken\n");
  const std::string page = driver.scrape(at(1));
  CHECK(has_line(
      page, "node_filesystem_size_bytes" + labels("/dev/sda1", "", "ext4", "/data") + "409600"));
  CHECK(has_line(page, "node_filesystem_device_error" + kNasTimeout + "1"));
  CHECK(machine.mounts->calls("/mnt/nas") == 1);
  CHECK(driver.result("filesystem").error().message ==
        machine.tree.path("1/mountinfo") + ": cannot read 'broken'");
  machine.tree.write("1/mountinfo", "21 1 254:0 / / rw - ext4 /dev/vda rw\n");
  CHECK(driver.scrape(at(2)).find("nas") == std::string::npos);
  CHECK(driver.result("filesystem"));
  machine.mounts->answer_all();
}

TEST_CASE("pseudo file systems are left out, duplicates are reported once") {
  MountMachine machine(
      "21 1 0:4 / /proc rw - proc proc rw\n"
      "22 1 0:5 / /tmp rw - tmpfs tmpfs rw\n"
      "23 1 0:6 / /tmp rw - tmpfs tmpfs rw\n"
      "24 1 0:7 / /sys/fs/x rw - ext4 d rw\n"
      "25 1 0:8 / /var/lib/docker/overlay2/x rw - ext4 d rw\n"
      "26 1 0:9 / /system rw - overlay overlay rw\n"
      "27 1 0:9 / /sysop rw - ext4 d rw\n");
  Driver driver(machine.context, {"filesystem"});
  const std::string& page = driver.scrape(at(0));
  std::string expected;
  for (const char* line : {"tmpfs\",device_error=\"\",fstype=\"tmpfs\",mountpoint=\"/tmp\"} 0",
                           "d\",device_error=\"\",fstype=\"ext4\",mountpoint=\"/sysop\"} 0"}) {
    expected += std::string("\nnode_filesystem_device_error{device=\"") + line;
  }
  CHECK(page.find(expected + "\n#") != std::string::npos);
}

TEST_CASE("an include replaces the default exclude, both together and odd timeouts are refused") {
  MountMachine machine("21 1 0:4 / /proc rw - proc proc rw\n22 1 0:5 / /tmp rw - tmpfs tmpfs rw\n");
  machine.context.options["filesystem.mount-points-include"] = "^/proc$";
  machine.context.options["filesystem.fs-types-include"] = "proc";
  Driver driver(machine.context, {"filesystem"});
  CHECK(has_line(driver.scrape(at(0)),
                 "node_filesystem_device_error" + labels("proc", "", "proc", "/proc") + "0"));
  const auto refusal = [&](const std::string& option, const std::string& value) {
    HostContext context = machine.context;
    context.options[option] = value;
    const auto made = filesystem_row().make(context);
    REQUIRE_FALSE(made);
    CHECK(made.error().kind == ErrorKind::kInvalid);
    return made.error().message;
  };
  CHECK(refusal("filesystem.fs-types-exclude", "x") ==
        "--collector.filesystem.fs-types-include and --collector.filesystem.fs-types-exclude "
        "cannot be given together");
  for (const char* timeout : {"", "0s", "5", "s", "-1s", "5 s", "9999999999h"}) {
    CHECK(refusal("filesystem.mount-timeout", timeout)
              .starts_with("--collector.filesystem.mount-timeout: '"));
  }
}

TEST_CASE("mount points below rootfs are named as the machine names them") {
  MountMachine machine(
      "21 1 254:0 / /host rw - ext4 /dev/vda rw\n"
      "22 1 254:1 / /host/srv rw - ext4 /dev/vdb rw\n"
      "23 1 254:2 / /hostile rw - ext4 /dev/vdc rw\n");
  machine.context.roots.rootfs = "/host/";
  Driver driver(machine.context, {"filesystem"});
  const std::string& page = driver.scrape(at(0));
  for (const char* mount_point : {"/", "/srv", "/hostile"}) {
    CHECK(page.find(std::string("mountpoint=\"") + mount_point + "\"") != std::string::npos);
    CHECK(machine.mounts->calls(std::string("/host") + mount_point) == 1);
  }
}

TEST_CASE("odd names of mounts stay one valid line each") {
  MountMachine machine(
      "21 1 254:0 / /a\\040b\\012c\"\xFF rw - ext4 /dev/x\\134y rw\n"
      "22 1 254:1 / /" +
      std::string(10000, 'n') + " rw - ext4 d rw\n");
  Driver driver(machine.context, {"filesystem"});
  const std::string& page = driver.scrape(at(0));
  CHECK(has_line(page, "node_filesystem_device_error" +
                           labels("/dev/x\\\\y", "", "ext4", "/a b\\nc\\\"\xEF\xBF\xBD") + "0"));
  CHECK(machine.mounts->calls("/a b\nc\"\xFF") == 1);
  for (std::size_t at = 0; (at = page.find("mountpoint=\"/nn", at)) != std::string::npos; ++at) {
    CHECK(page.find('"', at + 12) - at < 1100);
  }
}

TEST_CASE("without any mountinfo there is nothing to report") {
  Driver driver(make_host_context({.procfs = "/nonexistent"}), {"filesystem"});
  CHECK(driver.scrape(at(0)).empty());
  CHECK(driver.result("filesystem").error().kind == ErrorKind::kNotFound);
}

}  // namespace
}  // namespace exporter
