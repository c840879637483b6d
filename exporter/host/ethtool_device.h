// What a network driver tells about one interface: ioctl SIOCETHTOOL, the kernel's
// Documentation/networking/ethtool-netlink.rst (which names the older calls too). One thread.
#pragma once

#include <linux/ethtool.h>

#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/host/netlink.h"

namespace exporter {

using LinkModes = std::bitset<128>;  // by ETHTOOL_LINK_MODE_*_BIT

struct EthtoolLink {
  bool autonegotiates = false;
  LinkModes supported;
  LinkModes advertised;
};

class EthtoolDevice {
 public:
  explicit EthtoolDevice(std::string name) : name_(std::move(name)) {}

  // Asks anew. True when the statistics have other names than before. A driver that does not know a
  // question (EOPNOTSUPP) gives nothing for it, and so does an interface that is gone.
  Result<bool> refresh(int fd, const Ioctl& ioctl);

  const std::string& name() const { return name_; }
  const std::optional<ethtool_drvinfo>& driver() const { return driver_; }
  const std::optional<EthtoolLink>& link() const { return link_; }
  const std::vector<std::string>& statistic_names() const { return names_; }
  std::span<const std::uint64_t> statistics() const { return statistics_; }

 private:
  // 0 or an errno; the struct begins with the number of the command.
  int ask(int fd, const Ioctl& ioctl, void* command);
  Result<bool> refresh_statistics(int fd, const Ioctl& ioctl);
  Result<void> refresh_link(int fd, const Ioctl& ioctl);
  Result<void> read_names(int fd, const Ioctl& ioctl, std::uint32_t count);
  std::unexpected<Error> failed(const char* what, int error) const;

  std::string name_;
  std::optional<ethtool_drvinfo> driver_;
  std::optional<EthtoolLink> link_;
  std::vector<std::string> names_;
  std::vector<std::uint64_t> answer_;  // ethtool_stats with its numbers
  std::span<const std::uint64_t> statistics_;
};

// Text of a field that may fill its array.
template <std::size_t kSize>
std::string_view field_text(const char (&field)[kSize]) {
  const std::string_view all(field, kSize);
  return all.substr(0, all.find('\0'));
}

}  // namespace exporter
