// Probing without a network: in a child process with a network namespace of its own, in which there
// is no route and even loopback is down.
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <iostream>

#include "exporter/probes/address.h"
#include "tests/exporter/probes/probe_run.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

constexpr int kNoNamespace = 77;

// What `check` returns, run without a network; kNoNamespace where that is not allowed.
int without_network(const std::function<int()>& check) {
  std::cout.flush();
  const pid_t child = fork();
  if (child == 0) {
    const bool alone = unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
    _exit(alone ? check() : kNoNamespace);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define CHECK_WITHOUT_NETWORK(check)                     \
  const int code = without_network(check);               \
  if (code == kNoNamespace) {                            \
    MESSAGE("skipped: no network namespace is allowed"); \
    return;                                              \
  }                                                      \
  CHECK(code == 0)

// A sum of what was wrong, as a digit for each.
int result_of(const std::string& url, ProbeOutcome outcome, UnknownCause cause) {
  const SystemClock clock;
  ProbeBoard board;
  RecordingSink sink;
  ProbeScheduler scheduler(clock, board, sink);
  ProbeSpec spec = probe_of(1, url, 60'000, 2000);
  if (!scheduler.set_probes({spec}) || !sink.wait_for_results(1)) return 3;
  const ProbeResult result = sink.results().front();
  return (result.outcome == outcome ? 0 : 1) + (result.cause == cause ? 0 : 2);
}

TEST_CASE("an address has no route when the kernel's look-up fails, loopback always has one") {
  CHECK_WITHOUT_NETWORK([] {
    const bool right = !Address::from_text("192.0.2.1", 80)->has_route() &&
                       !Address::from_text("2001:db8::1", 80)->has_route() &&
                       Address::from_text("127.0.0.1", 80)->has_route() &&
                       Address::from_text("::1", 80)->has_route();
    return right ? 0 : 1;
  });
}

TEST_CASE("a remote target without a route is unknown, not bad") {
  CHECK_WITHOUT_NETWORK([] {
    return result_of("http://192.0.2.1/", ProbeOutcome::kUnknown, UnknownCause::kNoRoute);
  });
}

TEST_CASE("a local target is bad even when the machine has no network") {
  CHECK_WITHOUT_NETWORK(
      [] { return result_of("http://127.0.0.1/", ProbeOutcome::kBad, UnknownCause::kNone); });
}

TEST_CASE("a name cannot be held against its target when no name server can be reached") {
  CHECK_WITHOUT_NETWORK([] {
    return result_of("http://service.example/", ProbeOutcome::kUnknown, UnknownCause::kNoResolver);
  });
}

}  // namespace
}  // namespace exporter
