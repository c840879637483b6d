// eth0/{operstate,address,broadcast,duplex,ifalias}: "up", "02:fc:00:00:00:01", …, "full", ""
// eth0/{flags,dev_id}: "0x1003", "0x0"; eth0/speed: "1000" (Mbit/s), -1 where unknown
#include "exporter/host/netclass_output.h"

#include <array>

#include "exporter/core/scan.h"
#include "exporter/host/hardware.h"

namespace exporter {
namespace {

constexpr Family of_device(std::string_view name, std::string_view help,
                           MetricType type = MetricType::kGauge) {
  return {name, help, type, {"device"}};
}

constexpr Family kUp = of_device("node_network_up", "1 when the interface is up and can send.");
constexpr Family kInfo{
    "node_network_info",
    "Addresses and state of an interface; always 1.",
    MetricType::kGauge,
    {"address", "adminstate", "broadcast", "device", "duplex", "ifalias", "operstate"}};
constexpr Family kAltname{"node_network_altnames_info",
                          "Another name of an interface; always 1.",
                          MetricType::kGauge,
                          {"altname", "device"}};
constexpr Family kSpeed =
    of_device("node_network_speed_bytes", "Speed of the link; negative when it is not known.");

struct LinkOutput {
  Family family;
  std::string_view file;
  std::optional<std::uint64_t> NetworkLink::* value;
};
constexpr std::array kLinkOutputs{
    LinkOutput{of_device("node_network_carrier", "1 when the link is there."), "carrier",
               &NetworkLink::carrier},
    LinkOutput{of_device("node_network_carrier_changes_total", "Times that the link came or went.",
                         MetricType::kCounter),
               "carrier_changes", &NetworkLink::carrier_changes},
    LinkOutput{of_device("node_network_carrier_up_changes_total", "Times that the link came.",
                         MetricType::kCounter),
               "carrier_up_count", &NetworkLink::carrier_up_changes},
    LinkOutput{of_device("node_network_carrier_down_changes_total", "Times that the link went.",
                         MetricType::kCounter),
               "carrier_down_count", &NetworkLink::carrier_down_changes},
    LinkOutput{of_device("node_network_dormant", "1 when the interface waits for somebody else."),
               "dormant", &NetworkLink::dormant},
    LinkOutput{of_device("node_network_iface_id", "Number of the interface."), "ifindex",
               &NetworkLink::iface_id},
    LinkOutput{of_device("node_network_iface_link", "Number of the interface below or across."),
               "iflink", &NetworkLink::iface_link},
    LinkOutput{
        of_device("node_network_iface_link_mode", "1 when the link waits to be declared up."),
        "link_mode", &NetworkLink::iface_link_mode},
    LinkOutput{of_device("node_network_mtu_bytes", "Longest packet."), "mtu",
               &NetworkLink::mtu_bytes},
    LinkOutput{of_device("node_network_net_dev_group", "Group that the interface is put into."),
               "netdev_group", &NetworkLink::net_dev_group},
    LinkOutput{of_device("node_network_protocol_type", "Kind of hardware, as ARP numbers it."),
               "type", &NetworkLink::protocol_type},
    LinkOutput{of_device("node_network_transmit_queue_length", "Longest queue for sending."),
               "tx_queue_len", &NetworkLink::transmit_queue_length},
};

struct FileOutput {
  Family family;
  std::string_view file;
  std::optional<std::uint64_t> LinkFiles::* value;
};
constexpr std::array kFileOutputs{
    FileOutput{of_device("node_network_address_assign_type",
                         "Where the address comes from: 0 hardware, 1 random, 2 another, 3 set."),
               "addr_assign_type", &LinkFiles::address_assign_type},
    FileOutput{of_device("node_network_device_id", "Tells interfaces of one device apart."),
               "dev_id", &LinkFiles::device_id},
    FileOutput{of_device("node_network_flags", "Flags of the interface, as bits."), "flags",
               &LinkFiles::flags},
    FileOutput{of_device("node_network_name_assign_type",
                         "Who gave the name: 1 kernel, 2 predictable, 3 user, 4 renamed."),
               "name_assign_type", &LinkFiles::name_assign_type},
};

std::optional<std::uint64_t> whole(std::optional<std::string_view> text) {
  const auto value = text ? to_value(*text) : std::nullopt;
  if (!value || value->is_real() || value->negative()) return std::nullopt;
  return value->whole();
}

Number speed_bytes(std::int64_t megabits) { return {megabits * 125'000}; }

// The texts of one interface, read for each scrape without netlink.
struct InfoFile {
  Attribute file;
  std::string text;
};
constexpr std::array kInfoFiles{"address", "broadcast", "duplex", "ifalias", "operstate"};
using InfoFiles = std::array<InfoFile, kInfoFiles.size()>;

void write_info(InfoFiles& files, Attribute& flags_file, const std::string& device,
                ReadBuffer& buffer, SampleList& out) {
  for (InfoFile& file : files) {
    file.text = file.file.read(buffer).value_or("").substr(0, kMaxValueBytes);
  }
  const auto& [address, broadcast, duplex, ifalias, operstate] = files;
  const auto flags = whole(flags_file.read(buffer));
  const char* admin = !flags ? "" : (*flags & 1) != 0 ? "up" : "down";
  out.add(kUp, operstate.text == "up" ? 1 : 0, device);
  out.add(kInfo, 1, address.text, admin, broadcast.text, device, duplex.text, ifalias.text,
          operstate.text);
}

void discover_info(const std::string& base, const std::string& device, HardwarePlan& plan) {
  const auto files = std::make_shared<InfoFiles>();
  for (std::size_t i = 0; i < kInfoFiles.size(); ++i) {
    (*files)[i].file = Attribute(base + kInfoFiles[i]);
  }
  const auto flags = std::make_shared<Attribute>(base + "flags");
  plan.step([files, flags, device](ReadBuffer& buffer, SampleList& out, FileErrors&) {
    write_info(*files, *flags, device, buffer, out);
  });
}

void discover(const std::string& directory, const NetclassSettings& settings, HardwarePlan& plan) {
  for (const std::string& device : plan.list(directory)) {
    const std::string base = directory + "/" + device + "/";
    if (!settings.devices.passes(device) || !has_entries(base)) continue;
    discover_info(base, device, plan);
    for (const LinkOutput& output : kLinkOutputs) {
      plan.number(output.family, base + std::string(output.file), {device});
    }
    for (const FileOutput& output : kFileOutputs) {
      plan.number(output.family, base + std::string(output.file), {device});
    }
    const ParseNumber parse_speed = [](std::string_view text) -> std::optional<Number> {
      const auto megabits = to_number<std::int64_t>(text);
      return megabits ? std::optional<Number>(*megabits) : std::nullopt;
    };
    const ParseNumber parse_known_speed = [](std::string_view text) -> std::optional<Number> {
      const auto megabits = to_number<std::int64_t>(text);
      if (megabits && *megabits < 0) return Number::nan();
      return megabits ? std::optional<Number>(*megabits) : std::nullopt;
    };
    plan.number(kSpeed, base + "speed", {device}, {125'000, 0},
                settings.ignore_invalid_speed ? parse_known_speed : parse_speed);
  }
}

}  // namespace

void read_link_files(const std::string& base, ReadBuffer& buffer, LinkFiles& files) {
  files = {};
  const auto read = [&](std::string_view name) {
    return Attribute(base + "/" + std::string(name)).read(buffer);
  };
  for (const FileOutput& output : kFileOutputs) files.*output.value = whole(read(output.file));
  const auto speed = read("speed");
  if (speed) files.speed_megabits = to_number<std::int64_t>(*speed);
  files.duplex = read("duplex").value_or("").substr(0, kMaxValueBytes);
}

void write_links(const std::vector<ReportedLink>& links, const NetclassSettings& settings,
                 SampleWriter& out) {
  out.family(kUp);
  for (const auto& [link, files, wants] : links) out.add(link.is_up ? 1 : 0, link.name);
  out.family(kInfo);
  for (const auto& [link, files, wants] : links) {
    out.add(1, link.address, link.is_admin_up ? "up" : "down", link.broadcast, link.name,
            files.duplex, link.ifalias, link.operstate);
  }
  for (const LinkOutput& output : kLinkOutputs) {
    out.family(output.family);
    for (const auto& [link, files, wants] : links) {
      if (link.*output.value) out.add(*(link.*output.value), link.name);
    }
  }
  for (const FileOutput& output : kFileOutputs) {
    out.family(output.family);
    for (const auto& [link, files, wants] : links) {
      if (files.*output.value) out.add(*(files.*output.value), link.name);
    }
  }
  out.family(kSpeed);
  for (const auto& [link, files, wants] : links) {
    if (!files.speed_megabits) continue;
    if (settings.ignore_invalid_speed && *files.speed_megabits < 0) continue;
    out.add(speed_bytes(*files.speed_megabits), link.name);
  }
  if (!settings.altnames) return;
  out.family(kAltname);
  for (const auto& [link, files, wants] : links) {
    for (const std::string& altname : link.altnames) out.add(1, altname, link.name);
  }
}

std::unique_ptr<Collector> make_netclass_of_files(const HostContext& context,
                                                  const NetclassSettings& settings) {
  const std::string directory = context.roots.sysfs + "/class/net";
  return make_hardware_collector(
      context, {.name = "netclass",
                .places = {directory},
                .discover = [directory,
                             settings](HardwarePlan& plan) { discover(directory, settings, plan); },
                .may_block = true});
}

}  // namespace exporter
