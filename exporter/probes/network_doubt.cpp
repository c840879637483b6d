#include "exporter/probes/network_doubt.h"

#include <algorithm>

namespace exporter {
namespace {

constexpr std::int64_t kEchoPatienceNs = 1'000'000'000;
constexpr std::int64_t kLookEveryNs = 20'000'000;

}  // namespace

NetworkDoubt::Host& NetworkDoubt::host_of(const std::string& address, bool look_again) {
  if (hosts_.size() >= kMaxHosts && !hosts_.contains(address)) hosts_.clear();
  const auto [entry, is_new] = hosts_.try_emplace(address);
  Host& host = entry->second;
  if (!is_new && !look_again) return host;
  const auto numeric = Address::from_text(address, 0);
  const auto gateway = numeric ? world_.gateway_towards(*numeric) : std::nullopt;
  host.behind_gateway = gateway.has_value();
  if (!gateway) return host;
  host.gateway = *gateway;
  // A first question, so that it is known later whether it answers echoes at all.
  Watched& watch = watched(*gateway);
  if (watch.asked_ns == INT64_MIN) {
    watch.asked_ns = 0;
    watch.allowed = world_.ask(*gateway);
  }
  return host;
}

NetworkDoubt::Watched& NetworkDoubt::watched(const Gateway& gateway) {
  const auto known = std::ranges::find(gateways_, gateway, &Watched::gateway);
  if (known != gateways_.end()) return *known;
  gateways_.push_back({.gateway = gateway});
  return gateways_.back();
}

void NetworkDoubt::ask(Watched& watch, std::int64_t doubted_ns, std::int64_t now_ns) {
  // Only the answer was lost: attempts went through it meanwhile.
  if (watch.alive_sent_ns > watch.asked_ns) watch.unanswered_ns = INT64_MAX;
  watch.asked_ns = now_ns;
  if (watch.unanswered_ns == INT64_MAX) {
    watch.unanswered_ns = now_ns;
    watch.doubted_ns = doubted_ns;
  }
  watch.allowed = world_.ask(watch.gateway);
}

bool NetworkDoubt::ran_into_silence(const Held& held, const Watched& watch) {
  return held.result.sent.boot_ns < watch.silent_until_ns &&
         held.result.done.boot_ns > watch.silent_from_ns;
}

// Also of gateways that nobody asked: without a route nothing was sent through them.
void NetworkDoubt::begin_silence(const Watched& silent) {
  const std::int64_t from_ns = silent.doubted_ns;
  for (Watched& watch : gateways_) {
    if (watch.gateway.interface != silent.gateway.interface) continue;
    if (watch.silent_until_ns == INT64_MAX) continue;
    watch.silent_from_ns = from_ns;
    watch.silent_until_ns = INT64_MAX;
  }
}

void NetworkDoubt::come_through(Watched& watch, std::int64_t at_ns) {
  if (at_ns >= watch.silent_from_ns) watch.silent_until_ns = std::min(watch.silent_until_ns, at_ns);
}

bool NetworkDoubt::others_beside(const Gateway& gateway, const std::string& address) const {
  return std::ranges::any_of(hosts_, [&](const auto& entry) {
    return entry.second.is_beside(gateway) && entry.first != address;
  });
}

bool NetworkDoubt::keep(std::size_t slot, ProbeResult& result, std::int64_t until_ns,
                        const Moment& now) {
  if (result.remote_address.empty()) return false;
  const bool silent = result.outcome == ProbeOutcome::kBad && result.silent;
  Host& host = host_of(result.remote_address, silent);
  host.speaks_until_ns = std::max(host.speaks_until_ns, until_ns);
  std::int64_t& newest = silent ? host.silent_sent_ns : host.alive_sent_ns;
  if (silent || result.outcome != ProbeOutcome::kUnknown) {
    newest = std::max(newest, result.sent.boot_ns);
    if (!silent && host.behind_gateway) {
      Watched& watch = watched(host.gateway);
      watch.alive_sent_ns = std::max(watch.alive_sent_ns, result.sent.boot_ns);
      come_through(watch, result.sent.boot_ns);
    }
  }
  if (!silent || !host.behind_gateway || held_.size() >= kMaxHeld ||
      !others_beside(host.gateway, result.remote_address)) {
    return false;
  }
  Watched& watch = watched(host.gateway);
  if (watch.asked_ns <= watch.answered_ns || now.boot_ns - watch.asked_ns > kEchoPatienceNs) {
    ask(watch, result.sent.boot_ns, now.boot_ns);
  }
  if (held_.empty()) next_look_ns_ = now.boot_ns;
  held_.push_back({slot, std::move(result), host.gateway, until_ns});
  return true;
}

void NetworkDoubt::gateway_answered(const Gateway& gateway, const Moment& now) {
  Watched& watch = watched(gateway);
  watch.answered_ns = now.boot_ns;
  watch.unanswered_ns = INT64_MAX;
  come_through(watch, now.boot_ns);
  watch.ever_answered = true;
  next_look_ns_ = now.boot_ns;
}

bool NetworkDoubt::is_silent(const Watched& watch, std::int64_t now_ns) const {
  if (watch.unanswered_ns > now_ns) return false;
  const bool waited = now_ns - watch.unanswered_ns >= kEchoPatienceNs;
  if (waited && watch.ever_answered) return true;
  return (waited || !watch.allowed) && world_.neighbour_state(watch.gateway) == Neighbour::kFailed;
}

NetworkDoubt::Crowd NetworkDoubt::crowd_beside(const Watched& watch, std::int64_t now_ns) const {
  Crowd crowd;
  for (const auto& [address, host] : hosts_) {
    if (!host.is_beside(watch.gateway) || host.speaks_until_ns < now_ns) continue;
    if (host.silent_sent_ns > host.alive_sent_ns) ++crowd.silent;
    if (host.silent_sent_ns >= watch.silent_from_ns) ++crowd.silent_before;
    if (host.alive_sent_ns < crowd.oldest_alive_ns) {
      crowd.second_alive_ns = std::exchange(crowd.oldest_alive_ns, host.alive_sent_ns);
      crowd.oldest = &address;
    } else {
      crowd.second_alive_ns = std::min(crowd.second_alive_ns, host.alive_sent_ns);
    }
  }
  return crowd;
}

NetworkDoubt::Verdict NetworkDoubt::judge(const Held& held, const Watched& watch,
                                          const Crowd& crowd, std::int64_t now_ns) const {
  const auto own = hosts_.find(held.result.remote_address);
  const bool own_before = own != hosts_.end() && own->second.silent_sent_ns >= watch.silent_from_ns;
  const bool others_before = crowd.silent_before > (own_before ? 1 : 0);
  const Verdict not_now =
      ran_into_silence(held, watch) && others_before ? Verdict::kUnknown : Verdict::kBad;
  if (watch.answered_ns >= held.result.done.boot_ns) return not_now;
  const bool in_time = now_ns < held.until_ns;
  const bool may_answer = watch.allowed && watch.unanswered_ns <= now_ns &&
                          now_ns - watch.unanswered_ns < kEchoPatienceNs;
  if (may_answer && in_time) return Verdict::kOpen;
  if (!is_silent(watch, now_ns)) {
    const bool being_asked =
        !watch.ever_answered && world_.neighbour_state(watch.gateway) == Neighbour::kDoubtful;
    return being_asked && in_time ? Verdict::kOpen : not_now;
  }
  // The host itself may have shown life meanwhile, at another attempt.
  const bool own_silent =
      own != hosts_.end() && own->second.silent_sent_ns > own->second.alive_sent_ns;
  if (crowd.silent > (own_silent ? 1 : 0)) return Verdict::kUnknown;
  const bool own_is_oldest = crowd.oldest != nullptr && *crowd.oldest == held.result.remote_address;
  const std::int64_t others_alive_ns =
      own_is_oldest ? crowd.second_alive_ns : crowd.oldest_alive_ns;
  return others_alive_ns >= held.result.sent.boot_ns || !in_time ? not_now : Verdict::kOpen;
}

std::vector<std::pair<std::size_t, ProbeResult>> NetworkDoubt::take_decided(const Moment& now) {
  std::vector<std::pair<std::size_t, ProbeResult>> decided;
  if (held_.empty() || now.boot_ns < next_look_ns_) return decided;
  next_look_ns_ = now.boot_ns + kLookEveryNs;
  for (Watched& watch : gateways_) {
    const Crowd crowd = crowd_beside(watch, now.boot_ns);
    std::erase_if(held_, [&](Held& held) {
      if (!(held.gateway == watch.gateway)) return false;
      const Verdict verdict = judge(held, watch, crowd, now.boot_ns);
      if (verdict == Verdict::kOpen) return false;
      if (verdict == Verdict::kUnknown) {
        if (!ran_into_silence(held, watch)) begin_silence(watch);
        held.result.outcome = ProbeOutcome::kUnknown;
        held.result.cause = UnknownCause::kNetwork;
        held.result.reason += "; the gateway and other hosts were silent too";
      }
      decided.emplace_back(held.slot, std::move(held.result));
      return true;
    });
    // One that answers no echoes gives another sign.
    if (watch.silent_until_ns == INT64_MAX && !watch.ever_answered &&
        world_.neighbour_state(watch.gateway) == Neighbour::kConfirmed) {
      come_through(watch, now.boot_ns);
    }
  }
  return decided;
}

std::vector<std::pair<std::size_t, ProbeResult>> NetworkDoubt::take_all() {
  std::vector<std::pair<std::size_t, ProbeResult>> all;
  for (Held& held : held_) {
    held.result.outcome = ProbeOutcome::kUnknown;
    held.result.cause = UnknownCause::kNetwork;
    all.emplace_back(held.slot, std::move(held.result));
  }
  held_.clear();
  return all;
}

}  // namespace exporter
