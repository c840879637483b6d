// What netclass reports of an interface, whichever way it was learned.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/core/collector.h"
#include "exporter/core/name_filter.h"
#include "exporter/host/netclass_netlink.h"
#include "exporter/host/table.h"

namespace exporter {

struct NetclassSettings {
  NameFilter devices;
  bool ignore_invalid_speed = false;
  bool altnames = false;
};

// What netlink does not tell.
struct LinkFiles {
  std::optional<std::uint64_t> address_assign_type;
  std::optional<std::uint64_t> device_id;
  std::optional<std::uint64_t> flags;
  std::optional<std::uint64_t> name_assign_type;
  std::optional<std::int64_t> speed_megabits;
  std::string duplex;
};

// Reads the files of one interface; `base` is its directory. May block.
void read_link_files(const std::string& base, ReadBuffer& buffer, LinkFiles& files);

struct ReportedLink {
  NetworkLink link;
  LinkFiles files;
  bool wants_files = true;
};

void write_links(const std::vector<ReportedLink>& links, const NetclassSettings& settings,
                 SampleWriter& out);

// The other way: everything from files.
std::unique_ptr<Collector> make_netclass_of_files(const HostContext& context,
                                                  const NetclassSettings& settings);

}  // namespace exporter
