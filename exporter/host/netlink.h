// Asking the kernel by netlink, netlink(7): one request, the messages of its answer one by one. The
// kernel makes the answer of a dump while it takes the request and while it hands out the part
// before, so an answer that is not there will not come and nothing waits. One thread at a time.
#pragma once

#include <linux/netlink.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

#include "exporter/core/error.h"
#include "exporter/core/kernel_file.h"

namespace exporter {

// Opens a socket; a descriptor or -errno.
using OpenSocket = std::function<int(int domain, int type, int protocol)>;

// Takes the next message off a datagram. False at the end, and when bytes are left that are none:
// then `rest` is not empty.
bool next_message(std::string_view& rest, nlmsghdr& head, std::string_view& body);

// Takes the next attribute off the attributes of a message. `type` is without the flag bits.
bool next_attribute(std::string_view& rest, std::uint16_t& type, std::string_view& value);

// Takes a T off the front of bytes, padding included. False when there are too few.
template <class T>
bool take_struct(std::string_view& bytes, T& value) {
  if (bytes.size() < sizeof value) return false;
  bytes.copy(reinterpret_cast<char*>(&value), sizeof value);
  bytes.remove_prefix(std::min<std::size_t>(NLMSG_ALIGN(sizeof value), bytes.size()));
  return true;
}

// The value of an attribute that holds a T; what is missing at its end is 0.
template <class T>
T as_struct(std::string_view value) {
  T out{};
  value.copy(reinterpret_cast<char*>(&out), sizeof out);
  return out;
}

class NetlinkSocket {
 public:
  NetlinkSocket(int protocol, OpenSocket open) : protocol_(protocol), open_(std::move(open)) {}

  // Asks for a dump and calls take(message type, body) for each message of it. A false of take
  // ends with kParse. After an error the socket is made anew; kNotFound when this kernel does not
  // know what was asked for.
  template <class Body, class Take>
  Result<void> dump(std::uint16_t type, const Body& body, ReadBuffer& buffer, Take take) {
    const std::string_view bytes(reinterpret_cast<const char*>(&body), sizeof body);
    if (auto sent = request(type, bytes); !sent) return sent;
    for (;;) {
      auto datagram = receive(buffer);
      if (!datagram) return std::unexpected(datagram.error());
      nlmsghdr head{};
      std::string_view message;
      while (next_message(*datagram, head, message)) {
        if (head.nlmsg_seq != sequence_) continue;
        if (head.nlmsg_type == NLMSG_DONE) return {};
        if (head.nlmsg_type == NLMSG_ERROR) return refused(message);
        if (!take(head.nlmsg_type, message)) return give_up("answer", EBADMSG);
      }
      if (!datagram->empty()) return give_up("answer", EBADMSG);
    }
  }

  // What dump() is made of, for those who take a datagram apart their own way: a request for a
  // dump, the next datagram of the answer, and the end of an attempt, after which the socket is
  // made anew. request() opens it when need be.
  Result<void> open();
  Result<void> request(std::uint16_t type, std::string_view body);
  Result<std::string_view> receive(ReadBuffer& buffer);
  std::unexpected<Error> give_up(const char* what, int error);
  std::uint32_t sequence() const { return sequence_; }  // of the last request

  // For ioctl(); -1 when not open.
  int descriptor() const { return socket_.get(); }

 private:
  std::unexpected<Error> refused(std::string_view message);

  int protocol_;
  OpenSocket open_;
  FileDescriptor socket_;
  std::uint32_t sequence_ = 0;
};

// ioctl(2); 0 or the errno.
using Ioctl = std::function<int(int fd, unsigned long request, void* argument)>;
int plain_ioctl(int fd, unsigned long request, void* argument);

// The name of the interface with this index, asked for by an ioctl on any socket; at most 15 bytes,
// which std::string keeps inside itself. Empty when there is none (any more).
std::string interface_name(const Ioctl& ioctl, int fd, std::uint32_t index);

// A socket in this process' own network; a descriptor or -errno.
int plain_socket(int domain, int type, int protocol);

// The same of rtnetlink, which also hears of each interface that comes, goes or changes
// (RTMGRP_LINK).
int link_news_socket(int domain, int type, int protocol);
// Whether such a socket heard of something since it was last asked, or may have missed something
// (also when it is -1). Forgets what it heard.
bool has_link_news(int socket);

// A function that opens sockets in the network that the first process of procfs is in: that of the
// host when a container mounts the host's procfs. What needs no change of network needs no right.
OpenSocket open_socket_of(const Roots& roots);

// P/net/NAME of that network.
std::string network_file(const Roots& roots, std::string_view name);

}  // namespace exporter
