// LXC, nspawn and libvirt have no file of the machine that names what runs; the control group does:
//   /lxc.payload.box   /lxc/101   /machine.slice/systemd-nspawn@box.service
//   /machine.slice/machine-qemu\x2d1\x2dvm.scope
#include <sys/inotify.h>

#include <algorithm>
#include <array>
#include <map>

#include "exporter/containers/path_identity.h"
#include "exporter/containers/runtime_source.h"
#include "exporter/core/kernel_file.h"

namespace exporter {
namespace {

class MachineSource final : public RuntimeSource {
 public:
  MachineSource(FileWatch& watch, std::string hierarchy)
      : watch_(watch), hierarchy_(std::move(hierarchy)) {}

  void scan(bool) override { list(); }

  void on_event(int watch, std::string_view) override {
    if (std::ranges::find(watches_, watch) != watches_.end()) list();
  }

  void append_to(std::vector<RuntimeRecord>& records) const override {
    records.insert(records.end(), records_.begin(), records_.end());
  }

  const std::string& problem() const override { return problem_; }

 private:
  // The only places where the runtimes put such groups.
  static constexpr std::array<const char*, 4> kParents{"", "/lxc", "/machine.slice", "/machine"};

  void list() {
    records_.clear();
    for (std::size_t i = 0; i < kParents.size(); ++i) {
      const std::string directory = hierarchy_ + kParents[i];
      watches_[i] = watch_.watch(directory, IN_CREATE | IN_DELETE | IN_ONLYDIR);
      if (watches_[i] == FileWatch::kNone) continue;
      for (const std::string& name : list_directory(directory)) {
        const std::string path = std::string(kParents[i]) + "/" + name;
        const PathIdentity identity = identify(path);
        if (identity.kind != GroupKind::kContainer || identity.name.empty()) continue;
        RuntimeRecord& record = records_.emplace_back();
        record.facts.id = record.facts.group = path;
        record.facts.identity.runtime = identity.runtime;
        record.facts.identity.name = bounded(identity.name);
        record.facts.state = ContainerState::kRunning;
      }
    }
  }

  FileWatch& watch_;
  const std::string hierarchy_;
  std::array<int, kParents.size()> watches_{};
  std::vector<RuntimeRecord> records_;
  std::string problem_;
};

}  // namespace

std::unique_ptr<RuntimeSource> make_machine_source(FileWatch& watch, std::string hierarchy) {
  return std::make_unique<MachineSource>(watch, std::move(hierarchy));
}

}  // namespace exporter
