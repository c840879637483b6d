// sys_vendor: "Dell Inc.", product_serial: readable by root only, so its label is left out.
#include "exporter/host/dmi.h"

#include <array>

#include "exporter/host/hardware.h"

namespace exporter {
namespace {

constexpr std::array<std::string_view, 20> kFiles{
    "bios_date",      "bios_release",   "bios_vendor",     "bios_version",    "board_asset_tag",
    "board_name",     "board_serial",   "board_vendor",    "board_version",   "chassis_asset_tag",
    "chassis_serial", "chassis_vendor", "chassis_version", "product_family",  "product_name",
    "product_serial", "product_sku",    "product_uuid",    "product_version", "sys_vendor"};

constexpr Family kInfo{
    "node_dmi_info",
    "Make of the machine, its board and its firmware; always 1.",
    MetricType::kGauge,
    {"bios_date",      "bios_release",   "bios_vendor",     "bios_version",    "board_asset_tag",
     "board_name",     "board_serial",   "board_vendor",    "board_version",   "chassis_asset_tag",
     "chassis_serial", "chassis_vendor", "chassis_version", "product_family",  "product_name",
     "product_serial", "product_sku",    "product_uuid",    "product_version", "system_vendor"},
    {},
    EmptyLabels::kLeftOut};

class DmiCollector final : public Collector {
 public:
  explicit DmiCollector(const HostContext& context)
      : directory_(context.roots.sysfs + "/class/dmi/id"), present_(has_entries(directory_)) {
    for (std::size_t i = 0; i < kFiles.size(); ++i) {
      texts_[i] = read_text(directory_ + "/" + std::string(kFiles[i]));
      labels_[i] = texts_[i];
    }
  }

  std::string_view name() const override { return "dmi"; }

  Result<void> collect(const Scrape&, SampleWriter& out) override {
    if (!present_) return no_such_devices();
    out.family(kInfo);
    out.add_labels(1, labels_);
    return {};
  }

 private:
  const std::string directory_;
  const bool present_;
  std::array<std::string, kFiles.size()> texts_;
  std::array<std::string_view, kFiles.size()> labels_;
};

}  // namespace

CollectorRow dmi_row() {
  return {"dmi", true, "make of the machine (/sys/class/dmi/id)", {}, make_collector<DmiCollector>};
}

}  // namespace exporter
