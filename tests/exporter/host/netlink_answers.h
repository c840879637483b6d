// A kernel's answers to netlink questions, written by hand: a socket from which the answers can be
// read that were put into it. Each opening of a socket begins with sequence number 1.
#pragma once

#include <linux/netlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/core/kernel_file.h"
#include "exporter/host/netlink.h"

namespace test {

template <class T>
std::string bytes_of(const T& value) {
  std::string bytes(reinterpret_cast<const char*>(&value), sizeof value);
  bytes.resize(NLMSG_ALIGN(bytes.size()));
  return bytes;
}

inline std::string attribute(std::uint16_t type, std::string_view value) {
  nlattr head{};
  head.nla_len = static_cast<std::uint16_t>(sizeof head + value.size());
  head.nla_type = type;
  std::string bytes = bytes_of(head);
  bytes += value;
  bytes.resize(NLMSG_ALIGN(bytes.size()));
  return bytes;
}

inline std::string message(std::uint16_t type, std::uint32_t sequence, std::string_view body) {
  nlmsghdr head{};
  head.nlmsg_len = static_cast<std::uint32_t>(sizeof head + body.size());
  head.nlmsg_type = type;
  head.nlmsg_seq = sequence;
  std::string bytes = bytes_of(head);
  bytes += body;
  bytes.resize(NLMSG_ALIGN(bytes.size()));
  return bytes;
}

// The errno of an NLMSG_ERROR.
inline std::string error_body(int error) { return bytes_of(std::int32_t{-error}); }

// Answers every socket it opens: dumps[i] is what the i-th question gets, the last of them also all
// later ones, as one datagram per message and one for the end.
class NetlinkAnswers {
 public:
  struct Answer {
    std::uint16_t type;
    std::string body;
  };
  using Dump = std::vector<Answer>;

  explicit NetlinkAnswers(std::vector<Dump> dumps, std::uint32_t questions = 8) {
    for (std::uint32_t i = 0; i < questions; ++i) {
      const std::uint32_t sequence = i + 1;
      for (const Answer& answer : dumps[std::min<std::size_t>(i, dumps.size() - 1)]) {
        datagrams_.push_back(message(answer.type, sequence, answer.body));
      }
      datagrams_.push_back(message(NLMSG_DONE, sequence, error_body(0)));
    }
  }

  int open() {
    int ends[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return -errno;
    for (const std::string& datagram : datagrams_) {
      if (::send(ends[1], datagram.data(), datagram.size(), MSG_DONTWAIT) < 0) break;
    }
    kept_->emplace_back(ends[1]);
    return ends[0];
  }

 private:
  std::vector<std::string> datagrams_;
  std::shared_ptr<std::vector<exporter::FileDescriptor>> kept_ =
      std::make_shared<std::vector<exporter::FileDescriptor>>();
};

// Opens answers for the protocols that are in the map, and refuses others.
inline exporter::OpenSocket answering(std::map<int, NetlinkAnswers> answers) {
  auto shared = std::make_shared<std::map<int, NetlinkAnswers>>(std::move(answers));
  return [shared](int, int, int protocol) {
    const auto found = shared->find(protocol);
    return found == shared->end() ? -EPROTONOSUPPORT : found->second.open();
  };
}

// Interfaces 1, 2, 3 ... have these names.
inline exporter::Ioctl naming(std::vector<std::string> names) {
  return [names = std::move(names)](int, unsigned long request, void* argument) {
    if (request != SIOCGIFNAME) return EOPNOTSUPP;
    auto& to = *static_cast<ifreq*>(argument);
    const auto index = static_cast<std::size_t>(to.ifr_ifindex);
    if (index == 0 || index > names.size()) return ENODEV;
    names[index - 1].copy(to.ifr_name, IFNAMSIZ - 1);
    to.ifr_name[std::min<std::size_t>(names[index - 1].size(), IFNAMSIZ - 1)] = '\0';
    return 0;
  };
}

}  // namespace test
