#include "exporter/host/ethtool_device.h"

#include <linux/sockios.h>
#include <net/if.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace exporter {
namespace {

bool gives_nothing(int error) { return error == EOPNOTSUPP || error == ENODEV; }

constexpr std::size_t kMaxMaskWords = 127;
constexpr std::size_t kBitsPerWord = 32;

LinkModes as_modes(std::span<const std::uint32_t> words) {
  LinkModes modes;
  for (std::size_t bit = 0; bit < std::min(modes.size(), words.size() * kBitsPerWord); ++bit) {
    modes[bit] = (words[bit / kBitsPerWord] >> (bit % kBitsPerWord) & 1U) != 0;
  }
  return modes;
}

}  // namespace

int EthtoolDevice::ask(int fd, const Ioctl& ioctl, void* command) {
  ifreq request{};
  name_.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_data = static_cast<char*>(command);
  return ioctl(fd, SIOCETHTOOL, &request);
}

std::unexpected<Error> EthtoolDevice::failed(const char* what, int error) const {
  return fail(ErrorKind::kIo,
              "ethtool: " + name_ + ": " + what + ": " + std::generic_category().message(error));
}

Result<bool> EthtoolDevice::refresh(int fd, const Ioctl& ioctl) {
  ethtool_drvinfo driver{};
  driver.cmd = ETHTOOL_GDRVINFO;
  driver_.reset();
  const int error = ask(fd, ioctl, &driver);
  if (error == 0) driver_ = driver;
  const Result<void> link = refresh_link(fd, ioctl);
  const Result<bool> statistics = refresh_statistics(fd, ioctl);
  if (error != 0 && !gives_nothing(error)) return failed("driver", error);
  if (!link) return std::unexpected(link.error());
  return statistics;
}

// The names are asked for once, and again when there are more or fewer.
Result<bool> EthtoolDevice::refresh_statistics(int fd, const Ioctl& ioctl) {
  constexpr std::size_t kHeadWords = sizeof(ethtool_stats) / sizeof(std::uint64_t);
  statistics_ = {};
  const std::uint32_t count = driver_ ? driver_->n_stats : 0;
  bool changed = false;
  if (count != names_.size()) {
    const Result<void> read = read_names(fd, ioctl, count);
    if (!read) return std::unexpected(read.error());
    changed = true;
  }
  if (names_.empty()) return changed;
  answer_.assign(kHeadWords + names_.size(), 0);
  ethtool_stats head{};
  head.cmd = ETHTOOL_GSTATS;
  head.n_stats = static_cast<std::uint32_t>(names_.size());
  std::memcpy(answer_.data(), &head, sizeof head);
  if (const int error = ask(fd, ioctl, answer_.data()); error != 0) {
    if (gives_nothing(error)) return changed;
    return failed("statistics", error);
  }
  statistics_ = std::span(answer_).subspan(kHeadWords);
  return changed;
}

Result<void> EthtoolDevice::read_names(int fd, const Ioctl& ioctl, std::uint32_t count) {
  names_.clear();
  if (count == 0) return {};
  std::vector<char> answer(sizeof(ethtool_gstrings) + std::size_t{count} * ETH_GSTRING_LEN);
  ethtool_gstrings head{};
  head.cmd = ETHTOOL_GSTRINGS;
  head.string_set = ETH_SS_STATS;
  head.len = count;
  std::memcpy(answer.data(), &head, sizeof head);
  if (const int error = ask(fd, ioctl, answer.data()); error != 0) {
    if (gives_nothing(error)) return {};
    return failed("names of statistics", error);
  }
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view name(answer.data() + sizeof head + i * ETH_GSTRING_LEN, ETH_GSTRING_LEN);
    names_.emplace_back(name.substr(0, name.find('\0')));
  }
  return {};
}

// A first question tells how long the masks are, as a negative number; the second gets them.
Result<void> EthtoolDevice::refresh_link(int fd, const Ioctl& ioctl) {
  constexpr std::size_t kHeadWords = sizeof(ethtool_link_settings) / sizeof(std::uint32_t);
  std::array<std::uint32_t, kHeadWords + 3 * kMaxMaskWords> answer{};
  ethtool_link_settings head{};
  link_.reset();
  for (int question = 0; question < 2; ++question) {
    const auto words = static_cast<std::int8_t>(-head.link_mode_masks_nwords);
    if (words < 0) return {};
    head = {};
    head.cmd = ETHTOOL_GLINKSETTINGS;
    head.link_mode_masks_nwords = words;
    std::memcpy(answer.data(), &head, sizeof head);
    const int error = ask(fd, ioctl, answer.data());
    if (gives_nothing(error)) return {};
    if (error != 0) return failed("link settings", error);
    std::memcpy(&head, answer.data(), sizeof head);
  }
  if (head.link_mode_masks_nwords <= 0) return {};
  const auto words = static_cast<std::uint8_t>(head.link_mode_masks_nwords);
  const std::span masks = std::span(answer).subspan(kHeadWords);
  link_ = EthtoolLink{head.autoneg != AUTONEG_DISABLE, as_modes(masks.first(words)),
                      as_modes(masks.subspan(words, words))};
  return {};
}

}  // namespace exporter
