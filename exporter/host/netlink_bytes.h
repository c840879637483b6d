// Taking netlink messages and attributes off the front of bytes (netlink(7)). Any thread.
#pragma once

#include <linux/netlink.h>

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace exporter {

// Takes a T off the front of bytes, which the next message or attribute follows aligned to 4.
template <class T>
bool take(std::string_view& bytes, T& value) {
  if (bytes.size() < sizeof value) return false;
  bytes.copy(reinterpret_cast<char*>(&value), sizeof value);
  bytes.remove_prefix(std::min<std::size_t>(NLMSG_ALIGN(sizeof value), bytes.size()));
  return true;
}

// Takes length bytes off the front, of which a header was taken already.
inline bool take_body(std::string_view& bytes, std::size_t length, std::size_t header,
                      std::string_view& body) {
  if (length < header || length - header > bytes.size()) return false;
  body = bytes.substr(0, length - header);
  bytes.remove_prefix(std::min<std::size_t>(NLMSG_ALIGN(length) - header, bytes.size()));
  return true;
}

}  // namespace exporter
