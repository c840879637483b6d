// #subsys_name    hierarchy       num_cgroups     enabled
// memory          4               55              1
#include "exporter/host/cgroups.h"

#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr Family kGroups{"node_cgroups_cgroups",
                         "Control groups that the controller has.",
                         MetricType::kGauge,
                         {"subsys_name"}};
constexpr Family kEnabled{
    "node_cgroups_enabled", "1 when the controller is on.", MetricType::kGauge, {"subsys_name"}};

class CgroupsCollector final : public Collector {
 public:
  explicit CgroupsCollector(const HostContext& context)
      : file_(context.roots.procfs + "/cgroups") {}

  std::string_view name() const override { return "cgroups"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    const auto text = file_.read(scrape.buffer);
    if (!text) return std::unexpected(text.error());
    LineErrors errors;
    parse_cgroups(*text, controllers_, errors);
    out.family(kGroups);
    for (const CgroupController& controller : controllers_) {
      out.add(controller.groups, controller.name);
    }
    out.family(kEnabled);
    for (const CgroupController& controller : controllers_) {
      out.add(controller.enabled, controller.name);
    }
    return errors.result(file_.path());
  }

 private:
  KernelFile file_;
  std::vector<CgroupController> controllers_;
};

}  // namespace

void parse_cgroups(std::string_view text, std::vector<CgroupController>& controllers,
                   LineErrors& errors) {
  controllers.clear();
  std::string_view line;
  while (next_line(text, line)) {
    if (line.starts_with('#')) continue;
    std::string_view rest = line;
    const std::string_view name = next_word(rest);
    const auto hierarchy = next_number<std::uint64_t>(rest);
    const auto groups = next_number<std::uint64_t>(rest);
    const auto enabled = next_number<std::uint64_t>(rest);
    if (name.empty() || !hierarchy || !groups || !enabled) {
      errors.add(line);
      continue;
    }
    controllers.push_back({name, *groups, *enabled});
  }
}

CollectorRow cgroups_row() {
  return {"cgroups",
          false,
          "controllers of control groups (/proc/cgroups)",
          {},
          make_collector<CgroupsCollector>};
}

}  // namespace exporter
