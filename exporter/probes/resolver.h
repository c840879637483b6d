// The name of a target becomes addresses: /etc/hosts, then the name servers of /etc/resolv.conf
// with its search list, as c-ares reads them. libcurl's own resolver is not used because it runs
// getaddrinfo on threads that nothing can stop: the handle of a probe whose name server is silent
// could be taken away only when getaddrinfo gives up, long after the deadline, and all other probes
// would wait with it. It also cannot tell "no such name" from "nobody answered".
//
// One object is one look-up, on the probe thread. Nothing blocks; destroying it cancels.
#pragma once

#include <poll.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "exporter/core/clock.h"
#include "exporter/probes/address.h"

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
  // Starts. `name_servers`: "192.0.2.1:53,..." instead of those of resolv.conf; empty: the
  // system's. A server is given a quarter of the budget before the next one is asked.
  NameLookup(const std::string& host, std::uint16_t port, const Moment& now, std::int64_t budget_ns,
             const std::string& name_servers);
  ~NameLookup();
  NameLookup(const NameLookup&) = delete;
  NameLookup& operator=(const NameLookup&) = delete;

  // Takes what has arrived. To be called whenever a descriptor is ready or wake_ns() has come.
  LookupState step(const Moment& now);

  // The deadline has come: the verdict with what is known by now.
  LookupState give_up() const;

  // Appends the descriptors to wait for and gives the boot_ns by which step() is wanted.
  std::int64_t waits(const Moment& now, std::vector<pollfd>& out) const;

  const std::vector<Address>& addresses() const { return addresses_; }  // at most 16, best first
  const std::string& reason() const { return reason_; }                 // of a failure, for people

 private:
  struct Question {
    bool asked = false;
    bool done = false;
    int status = 0;  // c-ares'
  };

  void ask_about_root();
  void process();
  LookupState verdict();

  ares_channeldata* channel_ = nullptr;
  std::string host_;
  std::uint16_t port_;
  std::int64_t doubt_at_ns_ = 0;  // from here on it is asked whether the servers answer at all
  Question name_;
  Question root_;
  std::vector<Address> addresses_;
  std::string reason_;
};

}  // namespace exporter
