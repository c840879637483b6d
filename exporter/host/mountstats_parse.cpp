// device nas:/srv mounted on /mnt/srv with fstype nfs4 statvers=1.1
//         age:    13968
//         events: 52 226 0 0 1 13 398 ...
//         bytes:  1207640230 0 0 0 1210214218 0 295483 0
//         xprt:   tcp 832 0 1 0 11 6428 6428 0 12154 0 24 26 5726
//         per-op statistics
//                 READ: 1298 1298 0 207680 1210292152 6 79386 79407
#include <algorithm>

#include "exporter/core/scan.h"
#include "exporter/host/mountstats.h"

namespace exporter {
namespace {

using Transport = NfsTransport;

constexpr Transport::Column kTcp[] = {
    Transport::kSourcePort,     Transport::kBind,    Transport::kConnect,  Transport::kConnectTime,
    Transport::kIdleTime,       Transport::kSends,   Transport::kReceives, Transport::kBadIds,
    Transport::kActiveRequests, Transport::kBacklog, Transport::kMaxSlots, Transport::kSendingQueue,
    Transport::kPendingQueue};
constexpr Transport::Column kUdp[] = {
    Transport::kSourcePort,   Transport::kBind,           Transport::kSends,   Transport::kReceives,
    Transport::kBadIds,       Transport::kActiveRequests, Transport::kBacklog, Transport::kMaxSlots,
    Transport::kSendingQueue, Transport::kPendingQueue};
// What follows is of RDMA only.
constexpr std::size_t kRdmaColumns = 10;
constexpr std::size_t kLaterColumns = 3;  // since version 1.1 of the file

std::span<const Transport::Column> columns_of(std::string_view protocol) {
  const std::span tcp(kTcp);
  if (protocol == "tcp") return tcp;
  if (protocol == "udp") return kUdp;
  if (protocol == "rdma") return tcp.first(kRdmaColumns);
  return {};
}

bool parse_transport(std::string_view rest, NfsMount& mount) {
  Transport transport;
  transport.protocol = next_word(rest);
  const auto columns = columns_of(transport.protocol);
  std::size_t count = 0;
  while (count < columns.size()) {
    const auto value = next_number<std::uint64_t>(rest);
    if (!value) break;
    transport.values[columns[count++]] = value;
  }
  mount.transports.push_back(transport);
  return transport.protocol != "" && count + kLaterColumns >= columns.size();
}

// True for the line that begins a mount; then `mount` is it when it is one of NFS.
bool begin_mount(std::string_view line, NfsMount& mount, bool& is_nfs) {
  std::string_view rest = line;
  if (next_word(rest) != "device") return false;
  const std::string_view device = next_word(rest);
  if (next_word(rest) != "mounted" || next_word(rest) != "on") return false;
  const std::string_view mount_point = next_word(rest);
  if (next_word(rest) != "with" || next_word(rest) != "fstype") return false;
  const std::string_view type = next_word(rest);
  is_nfs = (type == "nfs" || type == "nfs4") && next_word(rest).starts_with("statvers=");
  if (is_nfs) {
    mount.export_name = device;
    mount.mount_point = mount_point;
    mount.age_seconds.reset();
    mount.has_bytes = mount.has_events = false;
    mount.transports.clear();
    mount.operations.clear();
  }
  return true;
}

// A line below the first of an NFS mount. False when it is one of interest and cannot be read.
bool read_line(std::string_view line, NfsMount& mount, bool& in_operations) {
  const std::string_view name = next_word(line);
  if (name == "per-op") {
    in_operations = true;
    return true;
  }
  if (in_operations) {
    if (name.empty()) return true;
    NfsOperation operation;
    operation.name = name.substr(0, name.find(':'));
    if (!name.ends_with(':') || next_numbers(line, operation.counts) != operation.counts.size()) {
      return false;
    }
    mount.operations.push_back(operation);
    return true;
  }
  if (name == "age:") {
    mount.age_seconds = next_number<std::uint64_t>(line);
    return mount.age_seconds.has_value();
  }
  if (name == "bytes:") {
    return mount.has_bytes = next_numbers(line, mount.bytes) == mount.bytes.size();
  }
  if (name == "events:") {
    return mount.has_events = next_numbers(line, mount.events) == mount.events.size();
  }
  return name != "xprt:" || parse_transport(line, mount);
}

}  // namespace

std::size_t parse_mountstats(std::string_view text, std::vector<NfsMount>& mounts,
                             LineErrors& errors) {
  std::size_t count = 0;
  std::size_t number = 0;
  bool is_nfs = false;
  bool in_operations = false;
  std::string_view line;
  while (next_line(text, line)) {
    if (line.starts_with("device ") || line.starts_with("no device ")) {
      is_nfs = in_operations = false;
      const std::size_t here = number++;
      if (!line.contains(" statvers=")) continue;
      if (count == mounts.size()) mounts.emplace_back();
      if (!begin_mount(line, mounts[count], is_nfs)) errors.add(line);
      if (is_nfs) mounts[count++].number = here;
    } else if (is_nfs && !read_line(line, mounts[count - 1], in_operations)) {
      errors.add(line);
    }
  }
  return count;
}

std::string_view mount_address(std::string_view mountinfo_line) {
  const std::size_t dash = mountinfo_line.find(" - ");
  if (dash == mountinfo_line.npos) return {};
  std::string_view rest = mountinfo_line.substr(dash + 3);
  next_word(rest);
  next_word(rest);
  std::string_view options = next_word(rest);
  while (!options.empty()) {
    const std::string_view option = options.substr(0, options.find(','));
    options.remove_prefix(std::min(option.size() + 1, options.size()));
    if (option.starts_with("addr=")) return option.substr(5);
  }
  return {};
}

}  // namespace exporter
