#include "app/local_checks.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace app {

using exporter::ContainerFacts;
using exporter::ContainerHealth;
using exporter::ContainerState;
using exporter::ErrorKind;
using exporter::fail;
using exporter::LocalKind;
using exporter::LocalState;
using exporter::LocalTarget;
using exporter::Result;

void LocalChecks::set_process_groups(const exporter::ProcessGroups& groups) {
  const std::lock_guard lock(lock_);
  groups_ = groups;
}

Result<LocalState> LocalChecks::look(const LocalTarget& target) {
  switch (target.kind) {
    case LocalKind::kProcesses: return look_at_processes(target);
    case LocalKind::kUnit: return look_at_unit(target);
    case LocalKind::kContainer: break;
  }
  if (!containers_)
    return fail(ErrorKind::kUnavailable, target.name + ": containers are not followed");
  return judge_container(*containers_(), target.name);
}

Result<std::vector<std::uint64_t>> LocalChecks::starts_of(const std::string& group) {
  exporter::ProcessGroups groups;
  {
    const std::lock_guard lock(lock_);
    groups = groups_;  // copies share the patterns
  }
  return exporter::process_starts(procfs_, groups, group);
}

Result<LocalState> LocalChecks::look_at_processes(const LocalTarget& target) {
  const auto members = starts_of(target.name);
  if (!members) return std::unexpected(members.error());
  LocalState state;
  state.count = static_cast<int>(members->size());
  state.good = *state.count >= target.at_least;
  if (!state.good) {
    state.reason = target.name + ": " + std::to_string(*state.count) + " of at least " +
                   std::to_string(target.at_least) + " processes";
  }
  return state;
}

std::string unit_object_path(const std::string& unit) {
  std::string path = "/org/freedesktop/systemd1/unit/";
  const std::size_t start = path.size();
  for (const char c : unit) {
    const bool digit = c >= '0' && c <= '9';
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter || (digit && path.size() > start)) {
      path += c;
    } else {
      std::array<char, 4> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "_%02x", static_cast<unsigned char>(c));
      path += escaped.data();
    }
  }
  return path;
}

Result<LocalState> LocalChecks::look_at_unit(const LocalTarget& target) {
  // A unit that is not loaded is loaded for the question: one that does not exist is inactive.
  const auto active = bus_.text_property(
      {.owner = "org.freedesktop.systemd1", .path = unit_object_path(target.name)},
      "org.freedesktop.systemd1.Unit", "ActiveState");
  if (!active) return std::unexpected(active.error());
  LocalState state;
  state.good = *active == "active" || *active == "reloading";
  if (!state.good) state.reason = target.name + ": is " + *active;
  return state;
}

// As many members as it takes were there all the time since the youngest of the oldest came.
Result<std::optional<std::int64_t>> LocalChecks::good_since_ns(const LocalTarget& target,
                                                               const exporter::Moment& now) {
  constexpr std::int64_t kTickNs = 10'000'000;
  if (target.kind == LocalKind::kProcesses) {
    auto starts = starts_of(target.name);
    if (!starts) return std::unexpected(starts.error());
    const auto wanted = static_cast<std::size_t>(std::max(1, target.at_least));
    if (starts->size() < wanted) return std::nullopt;
    const auto last = starts->begin() + static_cast<std::ptrdiff_t>(wanted - 1);
    std::ranges::nth_element(*starts, last);
    return (static_cast<std::int64_t>(*last) + 1) * kTickNs;  // ticks are rounded down
  }
  if (target.kind != LocalKind::kUnit) return std::nullopt;
  const auto active = look_at_unit(target);
  if (!active) return std::unexpected(active.error());
  std::optional<std::int64_t> since_ns;
  std::vector<exporter::PropertyQuestion> questions(1);
  questions[0] = {unit_object_path(target.name), "org.freedesktop.systemd1.Unit",
                  "ActiveEnterTimestampMonotonic",
                  [&](const std::string&, std::uint64_t microseconds) {
                    // Sleep counts in CLOCK_BOOTTIME alone; all that there was may have been
                    // before.
                    const std::int64_t slept_ns = now.boot_ns - now.mono_ns;
                    if (microseconds == 0) return;
                    since_ns = static_cast<std::int64_t>(microseconds) * 1000 + slept_ns;
                  }};
  if (auto asked = bus_.ask("org.freedesktop.systemd1", questions); !asked) {
    return std::unexpected(asked.error());
  }
  return active->good ? since_ns : std::nullopt;
}

Result<LocalState> judge_container(const exporter::ContainerView& view, const std::string& name) {
  const auto found = std::ranges::find_if(view.containers, [&](const auto& facts) {
    return facts->identity.name == name || facts->identity.key() == name;
  });
  LocalState state;
  if (found == view.containers.end()) {
    if (!view.complete) {
      return fail(ErrorKind::kUnavailable, name + ": not all container runtimes can be seen");
    }
    state.reason = name + ": there is no such container";
    return state;
  }
  const ContainerFacts& facts = **found;
  state.good =
      facts.state == ContainerState::kRunning && facts.health != ContainerHealth::kUnhealthy;
  if (!state.good) {
    const bool unhealthy = facts.state == ContainerState::kRunning;
    state.reason =
        name + ": is " + (unhealthy ? "unhealthy" : std::string(exporter::name(facts.state)));
  }
  return state;
}

}  // namespace app
