// Personalities : [raid1] [raid6] [raid5] [raid4]
// md3 : active raid6 sda1[0] sdh1[7](F) sdg1[6](S) sdf1[5]
//       5853468288 blocks super 1.2 level 6, 64k chunk, algorithm 2 [8/7] [UUUUUUU_]
//       [=>...................]  recovery =  8.5% (16775552/195310144) finish=17.0min speed=…
//
// md9 : active raid1 sdc2[1] sdd2[0]
//       523968 blocks [4/4] [UUUU]
//       	resync=DELAYED
//
// unused devices: <none>
#include "exporter/host/mdadm.h"

#include <array>
#include <optional>
#include <utility>

#include "exporter/core/scan.h"
#include "exporter/host/hardware.h"

namespace exporter {
namespace {

constexpr Family gauge(std::string_view name, std::string_view help) {
  return {name, help, MetricType::kGauge, {"device"}};
}

constexpr Family kRequired =
    gauge("node_md_disks_required", "Disks that the array needs to be whole.");
constexpr Family kBlocks = gauge("node_md_blocks", "Blocks of 1024 bytes of the array.");
constexpr Family kSynced = gauge("node_md_blocks_synced", "Blocks of the array that are in sync.");
constexpr Family kRaidDisks = gauge("node_md_raid_disks", "Disks that make the array.");
constexpr Family kDegraded = gauge("node_md_degraded", "Disks that the array lacks.");
constexpr Family kDisks{"node_md_disks",
                        "Disks of the array by what they are: active, failed, spare.",
                        MetricType::kGauge,
                        {"device", "state"}};
constexpr Family kState{"node_md_state",
                        "1 for what the array does: active, inactive, recovering, resync, check.",
                        MetricType::kGauge,
                        {"device", "state"}};

constexpr std::array<std::string_view, 5> kStates{"active", "inactive", "recovering", "resync",
                                                  "check"};

// What may be under way, and the state that it makes.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kWork{
    {{"recovery", "recovering"}, {"resync", "resync"}, {"check", "check"}, {"reshape", "reshape"}}};

std::uint64_t count(std::string_view text, std::string_view what) {
  std::uint64_t found = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string_view::npos; ++found) ++at;
  return found;
}

// "md3 : active raid6 sda1[0] sdh1[7](F)"
bool parse_array_line(std::string_view line, MdArray& array) {
  std::string_view rest = line;
  array.device = next_word(rest);
  if (next_word(rest) != ":") return false;
  array.state = next_word(rest);
  array.disks_failed = count(rest, "(F)");
  array.disks_spare = count(rest, "(S)");
  return array.state == "active" || array.state == "inactive";
}

// The "[8/7]" of "… blocks super 1.2 level 6, 64k chunk, algorithm 2 [8/7] [UUUUUUU_]".
bool parse_disks(std::string_view line, MdArray& array) {
  for (std::size_t at = 0; (at = line.find('[', at)) != std::string_view::npos; ++at) {
    std::string_view rest = line.substr(at + 1);
    const auto required = next_number<std::uint64_t>(rest);
    if (!required || !rest.starts_with('/')) continue;
    rest.remove_prefix(1);
    const auto active = next_number<std::uint64_t>(rest);
    if (!active || !rest.starts_with(']')) continue;
    array.disks_required = *required;
    array.disks_active = *active;
    return true;
  }
  return false;
}

bool parse_status_line(std::string_view line, std::string_view array_line, MdArray& array) {
  std::string_view rest = line;
  const auto blocks = next_number<std::uint64_t>(rest);
  if (!blocks || next_word(rest) != "blocks") return false;
  array.blocks = array.blocks_synced = *blocks;
  if (array.state == "inactive" || parse_disks(rest, array)) return true;
  // Arrays without redundancy say no more than which disks there are.
  array.disks_required = array.disks_active = count(array_line, "[");
  return true;
}

// "[=>…]  recovery =  8.5% (16775552/195310144) finish=…", "resync=DELAYED". False when the line
// speaks of work and cannot be read.
bool parse_work_line(std::string_view line, MdArray& array) {
  for (const auto& [word, state] : kWork) {
    const std::size_t at = line.find(word);
    if (at == std::string_view::npos) continue;
    std::string_view rest = line.substr(at + word.size());
    skip_blanks(rest);
    if (!rest.starts_with('=')) continue;
    array.state = state;
    rest.remove_prefix(1);
    const std::size_t open = rest.find('(');
    if (open == std::string_view::npos) {
      array.blocks_synced = 0;
      return rest.starts_with("PENDING") || rest.starts_with("DELAYED") ||
             rest.starts_with("REMOTE");
    }
    rest.remove_prefix(open + 1);
    const auto synced = next_number<std::uint64_t>(rest);
    if (!synced || !rest.starts_with('/')) return false;
    array.blocks_synced = *synced;
    return true;
  }
  return true;
}

void write_arrays(const std::vector<MdArray>& arrays, SampleList& out) {
  for (const MdArray& array : arrays) {
    out.add(kRequired, array.disks_required, array.device);
    out.add(kDisks, array.disks_active, array.device, "active");
    out.add(kDisks, array.disks_failed, array.device, "failed");
    out.add(kDisks, array.disks_spare, array.device, "spare");
    for (const std::string_view state : kStates) {
      out.add(kState, state == array.state ? 1 : 0, array.device, state);
    }
    out.add(kBlocks, array.blocks, array.device);
    out.add(kSynced, array.blocks_synced, array.device);
  }
}

// "11 (10)" while the number of disks is changed.
std::optional<Number> parse_raid_disks(std::string_view text) {
  const auto disks = next_number<std::uint64_t>(text);
  return disks && (text.empty() || text.front() == ' ') ? std::optional<Number>(*disks)
                                                        : std::nullopt;
}

void discover(const std::string& mdstat, const std::string& block, HardwarePlan& plan) {
  plan.lines(
      mdstat,
      [arrays = std::vector<MdArray>()](std::string_view text, SampleList& out,
                                        LineErrors& errors) mutable {
        parse_mdstat(text, arrays, errors);
        write_arrays(arrays, out);
      },
      FileShape::kManyRecords);
  for (const std::string& device : plan.list(block)) {
    if (!device.starts_with("md")) continue;
    const std::string base = block + "/" + device + "/md/";
    const std::string level = read_text(base + "level");
    const std::string version = read_text(base + "metadata_version");
    const bool is_container = level.empty() || level == "container" ||
                              version.starts_with("external:imsm") ||
                              version.starts_with("external:ddf");
    if (!is_container) {
      plan.number(kRaidDisks, base + "raid_disks", {device}, {}, parse_raid_disks);
    }
    plan.number(kDegraded, base + "degraded", {device});
  }
}

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  const std::string mdstat = context.roots.procfs + "/mdstat";
  const std::string block = context.roots.sysfs + "/block";
  return make_hardware_collector(
      context, {.name = "mdadm",
                .places = {mdstat},
                .discover = [=](HardwarePlan& plan) { discover(mdstat, block, plan); },
                .may_block = true});
}

}  // namespace

void parse_mdstat(std::string_view text, std::vector<MdArray>& arrays, LineErrors& errors) {
  arrays.clear();
  std::string_view line;
  std::string_view array_line;
  bool wants_status = false;
  bool in_array = false;
  const auto end_array = [&] {
    if (!wants_status) return;
    errors.add(array_line);
    arrays.pop_back();
    wants_status = false;
  };
  while (next_line(text, line)) {
    if (line.empty() || (line.front() != ' ' && line.front() != '\t')) {
      end_array();
      in_array = false;
      if (line.empty() || line.starts_with("Personalities") || line.starts_with("unused")) continue;
      MdArray array;
      if (parse_array_line(line, array)) {
        arrays.push_back(array);
        array_line = line;
        wants_status = in_array = true;
      } else {
        errors.add(line);
      }
    } else if (wants_status) {
      wants_status = false;
      if (parse_status_line(line, array_line, arrays.back())) continue;
      errors.add(line);
      arrays.pop_back();
      in_array = false;
    } else if (in_array && !parse_work_line(line, arrays.back())) {
      errors.add(line);
    }
  }
  end_array();
}

CollectorRow mdadm_row() {
  return {"mdadm", true, "software RAID arrays (/proc/mdstat, /sys/block/md*)", {}, make};
}

}  // namespace exporter
