#include "exporter/containers/block_devices.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <string_view>
#include <utility>

namespace exporter {
namespace {

bool is_untold(std::string_view name) {
  constexpr std::array<std::string_view, 4> kPrefixes{"loop", "ram", "sr", "zram"};
  return std::ranges::any_of(kPrefixes, [&](auto prefix) { return name.starts_with(prefix); });
}

}  // namespace

const BlockDevices::Names& BlockDevices::names(std::uint32_t major, std::uint32_t minor) {
  const std::uint64_t key = std::uint64_t{major} << 32 | minor;
  if (const auto known = known_.find(key); known != known_.end()) return known->second;
  Names names{.device = {}, .major = std::to_string(major), .minor = std::to_string(minor)};
  const std::string link = directory_ + names.major + ":" + names.minor;
  std::array<char, PATH_MAX> target;
  const ssize_t length = ::readlink(link.c_str(), target.data(), target.size());
  if (length > 0) {
    std::string_view name(target.data(), static_cast<std::size_t>(length));
    name = name.substr(name.rfind('/') + 1);
    if (!is_untold(name)) {
      names.device = "/dev/" + std::string(name);
      std::ranges::replace(names.device.begin() + 5, names.device.end(), '!', '/');
    }
  }
  return known_.emplace(key, std::move(names)).first->second;
}

}  // namespace exporter
