// # comment
// SELINUX=enforcing
// SELINUXTYPE=targeted
#include "exporter/host/selinux.h"

#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr Family kEnabled{"node_selinux_enabled", "1 when SELinux is on."};
constexpr Family kConfigMode{
    "node_selinux_config_mode",
    "The mode SELinux starts in: 1 enforcing, 0 permissive, -1 disabled or not configured."};
constexpr Family kCurrentMode{"node_selinux_current_mode",
                              "The mode SELinux is in: 1 enforcing, 0 permissive."};

class SelinuxCollector final : public Collector {
 public:
  explicit SelinuxCollector(const HostContext& context)
      : enforce_(context.roots.sysfs + "/fs/selinux/enforce"),
        context_(context.roots.procfs + "/self/attr/current"),
        config_(context.roots.rootfs + "/etc/selinux/config") {}

  std::string_view name() const override { return "selinux"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    const auto mode = read_number_if_there(enforce_, scrape.buffer);
    if (!mode) return std::unexpected(mode.error());
    const bool enabled = mode->has_value() && !is_without_policy(scrape);
    out.family(kEnabled);
    out.add(enabled ? 1 : 0);
    if (!enabled) return {};
    const auto config = read_file(config_);
    out.family(kConfigMode);
    out.add(config ? parse_selinux_config(*config) : -1);
    out.family(kCurrentMode);
    out.add(**mode);
    return {};
  }

 private:
  // Every process runs as "kernel" until a policy is loaded, and nothing is enforced.
  bool is_without_policy(const Scrape& scrape) {
    const auto text = context_.read_if_there(scrape.buffer);
    return text && *text && (*text)->substr(0, (*text)->find('\0')) == "kernel";
  }

  KernelFile enforce_;
  KernelFile context_;
  std::string config_;
};

}  // namespace

int parse_selinux_config(std::string_view text) {
  std::string_view line;
  while (next_line(text, line)) {
    line = trimmed(line);
    if (!line.starts_with("SELINUX=")) continue;
    const std::string_view mode = trimmed(line.substr(line.find('=') + 1));
    if (mode == "enforcing") return 1;
    if (mode == "permissive") return 0;
  }
  return -1;
}

CollectorRow selinux_row() {
  return {"selinux",
          true,
          "state of SELinux (/sys/fs/selinux, /etc/selinux/config)",
          {},
          make_collector<SelinuxCollector>};
}

}  // namespace exporter
