// Whether a silent target is down or this machine has lost its network. A failure in which the
// target's host gave no sign of life is held back while that is found out:
//
//   its gateway answers an echo                                      -> bad
//   the gateway is silent, and so is another host on that side       -> unknown (network)
//   the attempt ran into such a silence, which lasts for each gateway
//     of that side until something comes through it again            -> unknown (network)
//   the gateway is silent, every other host on that side gives signs -> bad
//   there is no other host on that side, or no gateway               -> bad, at once
//   nothing of that before the result has to be told                 -> bad
//
// That side is what is behind any gateway of the same interface: IPv4 and IPv6 have a gateway each,
// and one wire.
//
// A gateway is silent when it answers no echo within a second, and either has answered one before
// or its entry in the neighbour table has failed: many gateways never answer echoes.
//
// Pure but for the two functions it is given. Probe thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "exporter/core/clock.h"
#include "exporter/probes/probe.h"
#include "exporter/probes/route.h"

namespace exporter {

class NetworkDoubt {
 public:
  struct World {
    std::function<std::optional<Gateway>(const Address&)> gateway_towards;
    std::function<Neighbour(const Gateway&)> neighbour_state;
    // Sends an echo request; gateway_answered() is told when it came back. False: not allowed.
    std::function<bool(const Gateway&)> ask;
  };

  explicit NetworkDoubt(World world) : world_(std::move(world)) {}

  // Every result passes through here. True: it is kept and comes back from take_decided(), changed
  // perhaps. until_ns: when it has to be told at the latest.
  bool keep(std::size_t slot, ProbeResult& result, std::int64_t until_ns, const Moment& now);

  void gateway_answered(const Gateway& gateway, const Moment& now);

  // What is decided by now, in the order in which it came, with the slots given to keep().
  std::vector<std::pair<std::size_t, ProbeResult>> take_decided(const Moment& now);
  // Likewise all of it, decided or not: what is not becomes unknown.
  std::vector<std::pair<std::size_t, ProbeResult>> take_all();

  // When take_decided() is to be called at the latest; INT64_MAX: nothing is held.
  std::int64_t wake_ns() const { return held_.empty() ? INT64_MAX : next_look_ns_; }

  // Other probes from now on.
  void forget_hosts() { hosts_.clear(); }

 private:
  static constexpr std::size_t kMaxHeld = 4096;
  static constexpr std::size_t kMaxHosts = 8192;

  struct Host {
    bool is_beside(const Gateway& other) const {
      return behind_gateway && gateway.interface == other.interface;
    }

    Gateway gateway;
    bool behind_gateway = false;
    std::int64_t alive_sent_ns = INT64_MIN;   // newest attempt that showed life
    std::int64_t silent_sent_ns = INT64_MIN;  // newest one that did not
    std::int64_t speaks_until_ns = 0;         // after that it is not probed any more
  };
  // The hosts on one side, summed up for a look at all that is held.
  struct Crowd {
    std::int64_t silent = 0;
    std::int64_t silent_before = 0;  // since the gateway's last silence began
    // The two hosts that showed life longest ago.
    std::int64_t oldest_alive_ns = INT64_MAX;
    std::int64_t second_alive_ns = INT64_MAX;
    const std::string* oldest = nullptr;
  };
  struct Watched {
    Gateway gateway;
    std::int64_t asked_ns = INT64_MIN;       // newest question
    std::int64_t answered_ns = INT64_MIN;    // newest answer
    std::int64_t unanswered_ns = INT64_MAX;  // first question since then
    std::int64_t doubted_ns = INT64_MAX;     // when the attempt was sent that raised it
    std::int64_t alive_sent_ns = INT64_MIN;  // newest attempt through it that showed life
    // The last silence of its side that made a result unknown, until something came through this
    // gateway again; INT64_MAX: nothing has yet.
    std::int64_t silent_from_ns = INT64_MAX;
    std::int64_t silent_until_ns = INT64_MIN;
    bool allowed = true;
    bool ever_answered = false;
  };
  struct Held {
    std::size_t slot = 0;
    ProbeResult result;
    Gateway gateway;
    std::int64_t until_ns = 0;
  };
  enum class Verdict : std::uint8_t { kOpen, kBad, kUnknown };

  Host& host_of(const std::string& address, bool look_again);
  Watched& watched(const Gateway& gateway);
  void ask(Watched& watch, std::int64_t doubted_ns, std::int64_t now_ns);
  static bool ran_into_silence(const Held& held, const Watched& watch);
  void begin_silence(const Watched& silent);
  static void come_through(Watched& watch, std::int64_t at_ns);
  bool is_silent(const Watched& watched, std::int64_t now_ns) const;
  bool others_beside(const Gateway& gateway, const std::string& address) const;
  Crowd crowd_beside(const Watched& watch, std::int64_t now_ns) const;
  Verdict judge(const Held& held, const Watched& watch, const Crowd& crowd,
                std::int64_t now_ns) const;

  World world_;
  std::unordered_map<std::string, Host> hosts_;  // by numeric address
  std::vector<Watched> gateways_;
  std::vector<Held> held_;
  std::int64_t next_look_ns_ = 0;
};

}  // namespace exporter
