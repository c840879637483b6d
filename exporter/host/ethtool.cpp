// A page has one family after the other, drivers are asked one after the other: all are asked
// first. Which statistic of which interface belongs to which family is found out when the names
// change.
#include "exporter/host/ethtool.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <utility>
#include <vector>

#include "exporter/core/directory.h"
#include "exporter/host/ethtool_device.h"
#include "exporter/host/ethtool_modes.h"
#include "exporter/host/options.h"

namespace exporter {
namespace {

constexpr Family kInfo{
    "node_ethtool_info",
    "The driver of an interface; always 1.",
    MetricType::kGauge,
    {"bus_info", "device", "driver", "expansion_rom_version", "firmware_version", "version"}};
constexpr Family kStatistic{"node_ethtool_",
                            "What the interface's driver counts under this name.",
                            MetricType::kUntyped,
                            {"device"}};
constexpr Family kPort{"node_network_supported_port_info",
                       "A kind of port the interface supports; always 1.",
                       MetricType::kGauge,
                       {"device", "type"}};
constexpr Family kAutonegotiates{"node_network_autonegotiate",
                                 "1 when the interface negotiates its speed.",
                                 MetricType::kGauge,
                                 {"device"}};

struct Capabilities {
  LinkModes EthtoolLink::* modes;
  Family speed;
  Family autonegotiate;
  Family pause;
  Family asymmetric_pause;
};

constexpr Family speed(std::string_view name, std::string_view help) {
  return {name, help, MetricType::kGauge, {"device", "duplex", "mode"}};
}

constexpr Family ability(std::string_view name, std::string_view help) {
  return {name, help, MetricType::kGauge, {"device"}};
}

constexpr Capabilities kCapabilities[] = {
    {&EthtoolLink::supported,
     speed("node_network_supported_speed_bytes", "A speed the interface supports, bytes/s."),
     ability("node_network_autonegotiate_supported", "1 when it can negotiate."),
     ability("node_network_pause_supported", "1 when it can pause its peer."),
     ability("node_network_asymmetricpause_supported", "1 when it can pause one way only.")},
    {&EthtoolLink::advertised,
     speed("node_network_advertised_speed_bytes", "A speed the interface offers, bytes/s."),
     ability("node_network_autonegotiate_advertised", "1 when it offers to negotiate."),
     ability("node_network_pause_advertised", "1 when it offers to be paused."),
     ability("node_network_asymmetricpause_advertised",
             "1 when it offers to be paused one way only.")},
};

constexpr CollectorOption kOptions[] = {
    {"ethtool.device-include", "", "interfaces to report"},
    {"ethtool.device-exclude", "", "interfaces to leave out"},
    {"ethtool.metrics-include", ".*", "statistics to report"},
};

class EthtoolCollector final : public Collector {
 public:
  EthtoolCollector(const HostContext& context, NameFilter devices, NameFilter statistics)
      : directory_(context.roots.sysfs + "/class/net"),
        open_socket_(context.open_socket),
        ioctl_(context.ioctl),
        device_filter_(std::move(devices)),
        statistic_filter_(std::move(statistics)) {}

  std::string_view name() const override { return "ethtool"; }

  Result<void> collect(const Scrape&, SampleWriter& out) override {
    Result<void> result = ask();
    if (!result && devices_.empty()) return result;
    out.family(kInfo);
    for (const EthtoolDevice& device : devices_) {
      if (!device.driver()) continue;
      const ethtool_drvinfo& driver = *device.driver();
      out.add(1, field_text(driver.bus_info), device.name(), field_text(driver.driver),
              field_text(driver.erom_version), field_text(driver.fw_version),
              field_text(driver.version));
    }
    for (const StatisticFamily& family : families_) {
      out.named_family(kStatistic, {family.name});
      for (const auto& [device, place] : family.places) {
        const auto statistics = devices_[device].statistics();
        if (place < statistics.size()) out.add(statistics[place], devices_[device].name());
      }
    }
    write_links(out);
    return result;
  }

 private:
  struct StatisticFamily {
    std::string name;
    std::vector<std::pair<std::size_t, std::size_t>> places;  // device, statistic of it
  };

  Result<void> ask() {
    if (!socket_) {
      const int fd = open_socket_(AF_INET, SOCK_DGRAM, 0);
      if (fd < 0) {
        devices_.clear();
        return fail(fd == -ENOENT ? ErrorKind::kNotFound : ErrorKind::kIo, "ethtool: no socket");
      }
      socket_.reset(fd);
    }
    bool changed = false;
    std::size_t count = 0;
    const Result<void> listed = directory_.for_each([&](std::string_view name) {
      if (count < devices_.size() && devices_[count].name() == name) {
        ++count;
      } else if (device_filter_.passes(name)) {
        devices_.erase(devices_.begin() + static_cast<std::ptrdiff_t>(count), devices_.end());
        devices_.emplace_back(std::string(name));
        ++count;
        changed = true;
      }
    });
    changed = changed || count != devices_.size();
    devices_.erase(devices_.begin() + static_cast<std::ptrdiff_t>(count), devices_.end());
    Result<void> result = listed;
    for (EthtoolDevice& device : devices_) {
      const Result<bool> refreshed = device.refresh(socket_.get(), ioctl_);
      if (refreshed) changed = changed || *refreshed;
      if (!refreshed && result) result = std::unexpected(refreshed.error());
    }
    if (changed) find_families();
    return result;
  }

  // Statistics of one interface whose names become the same cannot be told apart and are left out.
  void find_families() {
    std::map<std::string, StatisticFamily> families;
    for (std::size_t i = 0; i < devices_.size(); ++i) {
      std::map<std::string, std::vector<std::size_t>> places;
      const auto& names = devices_[i].statistic_names();
      for (std::size_t place = 0; place < names.size(); ++place) {
        if (statistic_filter_.passes(names[place])) {
          places[ethtool_metric_name(names[place])].push_back(place);
        }
      }
      for (const auto& [name, same] : places) {
        if (same.size() > 1 || name.empty()) continue;
        families[name].name = name;
        families[name].places.emplace_back(i, same.front());
      }
    }
    families_.clear();
    for (auto& [name, family] : families) families_.push_back(std::move(family));
  }

  // Calls write(name of the interface, its link) for each interface that has one.
  template <class Write>
  void for_each_link(SampleWriter& out, const Family& family, Write write) const {
    out.family(family);
    for (const EthtoolDevice& device : devices_) {
      if (device.link()) write(std::string_view(device.name()), *device.link());
    }
  }

  void write_links(SampleWriter& out) const {
    for_each_link(out, kPort, [&](std::string_view name, const EthtoolLink& link) {
      for (const PortMode& port : port_modes()) {
        if (link.supported[port.bit]) out.add(1, name, port.name);
      }
    });
    for_each_link(out, kAutonegotiates, [&](std::string_view name, const EthtoolLink& link) {
      out.add(link.autonegotiates ? 1 : 0, name);
    });
    for (const Capabilities& capabilities : kCapabilities) {
      const auto write_bit = [&](const Family& family, std::size_t bit) {
        for_each_link(out, family, [&](std::string_view name, const EthtoolLink& link) {
          out.add((link.*capabilities.modes)[bit] ? 1 : 0, name);
        });
      };
      for_each_link(out, capabilities.speed, [&](std::string_view name, const EthtoolLink& link) {
        constexpr std::uint64_t kBytesPerMegabit = 125'000;
        for (const SpeedMode& mode : speed_modes()) {
          if (!(link.*capabilities.modes)[mode.bit]) continue;
          out.add(Number::product(mode.megabits, kBytesPerMegabit), name,
                  mode.full_duplex ? "full" : "half", mode.name);
        }
      });
      write_bit(capabilities.autonegotiate, ETHTOOL_LINK_MODE_Autoneg_BIT);
      write_bit(capabilities.pause, ETHTOOL_LINK_MODE_Pause_BIT);
      write_bit(capabilities.asymmetric_pause, ETHTOOL_LINK_MODE_Asym_Pause_BIT);
    }
  }

  Directory directory_;
  OpenSocket open_socket_;
  Ioctl ioctl_;
  NameFilter device_filter_;
  NameFilter statistic_filter_;
  FileDescriptor socket_;
  std::vector<EthtoolDevice> devices_;
  std::vector<StatisticFamily> families_;
};

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  auto devices = filter_option(context, "ethtool.device-include", "ethtool.device-exclude");
  if (!devices) return std::unexpected(devices.error());
  auto statistics = filter_option(context, "ethtool.metrics-include");
  if (!statistics) return std::unexpected(statistics.error());
  return std::make_unique<EthtoolCollector>(context, std::move(*devices), std::move(*statistics));
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Every run of characters that a name cannot have, with the underscores around it, becomes one.
std::string sanitized(std::string_view text) {
  std::string name;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && !is_alphanumeric(text[end])) ++end;
    const std::string_view run = text.substr(i, end - i);
    if (!run.empty()) name += run.find_first_not_of('_') == run.npos ? run : "_";
    for (i = end; i < text.size() && is_alphanumeric(text[i]); ++i) {
      const bool upper = text[i] >= 'A' && text[i] <= 'Z';
      name += upper ? static_cast<char>(text[i] - 'A' + 'a') : text[i];
    }
  }
  return name.substr(std::min(name.find_first_not_of('_'), name.size()));
}

// Each word `from`, between underscores, becomes `to`. Of two such words in a row the second stays,
// as they share the underscore.
void replace_word(std::string& name, std::string_view from, std::string_view to) {
  std::size_t start = 0;
  for (;;) {
    const std::size_t at = name.find(from, start);
    if (at == name.npos) return;
    const std::size_t end = at + from.size();
    const bool begins = at == 0 || (at > start && name[at - 1] == '_');
    const bool ends = end == name.size() || name[end] == '_';
    start = begins && ends ? at + to.size() + 1 : at + 1;
    if (begins && ends) name.replace(at, from.size(), to);
    if (start >= name.size()) return;
  }
}

}  // namespace

std::string ethtool_metric_name(std::string_view statistic) {
  constexpr std::string_view kTotals[] = {"rx_bytes", "rx_dropped", "rx_errors", "rx_packets",
                                          "tx_bytes", "tx_errors",  "tx_packets"};
  std::string name = sanitized(statistic);
  replace_word(name, "rx", "received");
  replace_word(name, "tx", "transmitted");
  if (std::ranges::find(kTotals, statistic) != std::end(kTotals)) name += "_total";
  return name;
}

CollectorRow ethtool_row() {
  return {"ethtool", false, "what network drivers count (ioctl SIOCETHTOOL)", kOptions, make};
}

}  // namespace exporter
