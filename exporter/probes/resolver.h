// The name of a target becomes addresses: localhost and what ends in .localhost are this machine
// (RFC 6761, section 6.3); for others /etc/hosts, then the name servers of /etc/resolv.conf with
// its search list, as c-ares reads them. libcurl's own resolver is not used because it runs
// getaddrinfo on threads that nothing can stop: the handle of a probe whose name server is silent
// could be taken away only when getaddrinfo gives up, long after the deadline, and all other probes
// would wait with it. It also cannot tell "no such name" from "nobody answered".
//
// One object is one look-up, on the probe thread. Nothing blocks; destroying it cancels.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "exporter/core/clock.h"
#include "exporter/probes/address.h"
#include "exporter/probes/reactor.h"

struct ares_channeldata;

namespace exporter {

enum class LookupState : std::uint8_t {
  kRunning,
  kFound,
  kFailed,      // no such name, or only this name cannot be resolved: the target's fault
  kNoResolver,  // no server answers anything: ours
  kLocal,       // no descriptors, no memory
};

class NameLookup {
 public:
  struct Question {
    std::string host;  // a name or a numeric address
    std::uint16_t port = 0;
    int ip_version = 0;  // 4 or 6; 0: either
    std::int64_t budget_ns = 0;
    std::string name_servers;  // "192.0.2.1:53,..." instead of those of resolv.conf
  };

  // Starts. A server is given a quarter of the budget before the next one is asked. The watcher is
  // called for the look-up's descriptors and hands them to ready(); both outlive the look-up.
  NameLookup(Question question, const Moment& now, Reactor& reactor, Reactor::Watcher& watcher);
  ~NameLookup();
  NameLookup(const NameLookup&) = delete;
  NameLookup& operator=(const NameLookup&) = delete;

  void ready(int fd, std::uint32_t events);
  // To be called after ready() and when wake_ns() has come.
  LookupState step(const Moment& now);

  // The deadline has come: the verdict with what is known by now.
  LookupState give_up() const;

  std::int64_t wake_ns(const Moment& now) const;

  // False for what needs no name server: a numeric address, localhost.
  bool was_asked() const { return channel_ != nullptr; }
  const std::vector<Address>& addresses() const { return addresses_; }  // at most 16, best first
  const std::string& reason() const { return reason_; }                 // of a failure, for people

 private:
  struct Query {
    bool asked = false;
    bool done = false;
    int status = 0;  // c-ares'
  };

  bool know_without_asking();
  void ask();
  void ask_about_root();
  LookupState verdict();

  Question question_;
  Reactor& reactor_;
  Reactor::Watcher& watcher_;
  ares_channeldata* channel_ = nullptr;
  std::int64_t doubt_at_ns_;  // from here on it is asked whether the servers answer at all
  Query name_;
  Query root_;
  std::vector<Address> addresses_;
  std::string reason_;
};

}  // namespace exporter
