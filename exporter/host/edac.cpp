// mc0/{ce,ue}_count, mc0/{ce,ue}_noinfo_count, mc0/csrow1/{ce,ue}_count,
// mc0/csrow1/ch0_{ce,ue}_count: "0"; mc0/csrow1/ch0_dimm_label: "mc#0csrow#1channel#0"
#include "exporter/host/edac.h"

#include "exporter/core/scan.h"
#include "exporter/host/hardware.h"

namespace exporter {
namespace {

constexpr Family kCorrectable{"node_edac_correctable_errors_total",
                              "Memory errors that were corrected.",
                              MetricType::kCounter,
                              {"controller"}};
constexpr Family kUncorrectable{"node_edac_uncorrectable_errors_total",
                                "Memory errors that could not be corrected.",
                                MetricType::kCounter,
                                {"controller"}};
constexpr Family kRowCorrectable{
    "node_edac_csrow_correctable_errors_total",
    "Memory errors that were corrected, by row; unknown where the row is not known.",
    MetricType::kCounter,
    {"controller", "csrow"}};
constexpr Family kRowUncorrectable{
    "node_edac_csrow_uncorrectable_errors_total",
    "Memory errors that could not be corrected, by row; unknown where the row is not known.",
    MetricType::kCounter,
    {"controller", "csrow"}};
constexpr Family kChannelCorrectable{"node_edac_channel_correctable_errors_total",
                                     "Memory errors that were corrected, by channel of a row.",
                                     MetricType::kCounter,
                                     {"channel", "controller", "csrow", "dimm_label"}};
constexpr Family kChannelUncorrectable{
    "node_edac_channel_uncorrectable_errors_total",
    "Memory errors that could not be corrected, by channel of a row.",
    MetricType::kCounter,
    {"channel", "controller", "csrow", "dimm_label"}};

void replace_first(std::string& text, std::string_view what, std::string_view by) {
  if (const std::size_t at = text.find(what); at != std::string::npos) {
    text.replace(at, what.size(), by);
  }
}

// "mc#0csrow#1channel#0" is reported as "mc0_csrow1_channel0".
std::string clean_label(std::string label) {
  std::erase(label, '#');
  replace_first(label, "csrow", "_csrow");
  replace_first(label, "channel", "_channel");
  return label;
}

void discover_row(const std::string& base, const std::string& controller, const std::string& row,
                  HardwarePlan& plan) {
  plan.number(kRowCorrectable, base + "/ce_count", {controller, row});
  plan.number(kRowUncorrectable, base + "/ue_count", {controller, row});
  for (const std::string& file : list_directory(base)) {
    std::string_view rest = file;
    if (!rest.starts_with("ch") || !rest.ends_with("_ce_count")) continue;
    rest.remove_prefix(2);
    const auto channel = next_number<std::uint32_t>(rest);
    if (!channel || rest != "_ce_count") continue;
    const std::string number = std::to_string(*channel);
    const std::string start = base + "/ch" + number;
    const std::string label = clean_label(read_text(start + "_dimm_label"));
    plan.number(kChannelCorrectable, start + "_ce_count", {number, controller, row, label});
    plan.number(kChannelUncorrectable, start + "_ue_count", {number, controller, row, label});
  }
}

void discover(const std::string& directory, HardwarePlan& plan) {
  for (const std::string& entry : plan.list(directory)) {
    if (!is_numbered(entry, "mc")) continue;
    const std::string base = directory + "/" + entry;
    const std::string controller = entry.substr(2);
    plan.number(kCorrectable, base + "/ce_count", {controller});
    plan.number(kUncorrectable, base + "/ue_count", {controller});
    plan.number(kRowCorrectable, base + "/ce_noinfo_count", {controller, "unknown"});
    plan.number(kRowUncorrectable, base + "/ue_noinfo_count", {controller, "unknown"});
    for (const std::string& row : list_directory(base)) {
      if (!is_numbered(row, "csrow")) continue;
      discover_row(base + "/" + row, controller, row.substr(5), plan);
    }
  }
}

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  const std::string directory = context.roots.sysfs + "/devices/system/edac/mc";
  return make_hardware_collector(
      context, {.name = "edac",
                .places = {directory},
                .discover = [directory](HardwarePlan& plan) { discover(directory, plan); },
                .may_block = true,
                .no_device = NoDevice::kFine});
}

}  // namespace

CollectorRow edac_row() {
  return {"edac", true, "memory errors (/sys/devices/system/edac/mc)", {}, make};
}

}  // namespace exporter
