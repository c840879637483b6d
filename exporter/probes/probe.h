// What is probed and what came of it: plain values that go from the configuration to the probe
// thread (exporter/probes/scheduler.h) and from there to whoever judges. One attempt gives one
// result; judging over time, incidents and budgets are not known here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/core/clock.h"
#include "exporter/core/error.h"
#include "exporter/probes/target.h"

namespace exporter {

using ProbeLabels = std::vector<std::pair<std::string, std::string>>;  // name, value

struct ProbeSpec {
  std::uint64_t id = 0;  // the caller's own, unique in a set; comes back with every result
  std::string name;      // label `probe`, unique in a set
  // Further labels of its series, none that they have themselves (is_probe_label()).
  ProbeLabels labels;
  std::int64_t interval_ms = 5000;
  std::int64_t timeout_ms = 0;  // for the whole attempt, names included; 0: 4/5 of the interval
  // After a bad result the next attempt comes this soon, out of turn, and so on until one is good:
  // evidence, not events. Only where it can end before the next regular one begins. 0: none.
  std::int64_t confirm_ms = 0;
  ProbeTarget target;

  HttpTarget& http() { return std::get<HttpTarget>(target); }
  const HttpTarget& http() const { return std::get<HttpTarget>(target); }
  std::int64_t effective_timeout_ms() const {
    return timeout_ms > 0 ? timeout_ms : interval_ms * 4 / 5;
  }
  // A result speaks for this long when no other follows (slo.md 3.4).
  std::int64_t hold_ms() const;
  bool operator==(const ProbeSpec&) const = default;
};

inline constexpr std::int64_t kMinIntervalMs = 25;
// Timeouts are shorter than this where the interval is, else shorter than the interval.
inline constexpr std::int64_t kMaxBurstTimeoutMs = 1000;
inline constexpr std::int64_t kMaxIntervalMs = std::int64_t{24} * 3600 * 1000;

// Everything that is wrong, each message starting with the configuration key. Empty: good.
std::vector<Error> check_spec(const ProbeSpec& spec);

enum class ProbeOutcome : std::uint8_t { kGood, kBad, kUnknown };
inline constexpr std::size_t kProbeOutcomeCount = 3;

// Where an attempt failed. kTimeout stands for every place (the reason names it): the deadline of
// the whole attempt passed.
enum class ProbePhase : std::uint8_t { kNone, kResolve, kConnect, kTls, kHttp, kContent, kTimeout };
inline constexpr std::size_t kProbePhaseCount = 7;

// Why a failed attempt says nothing about the target. A failure is only kBad when none of these
// holds; an expected answer within the deadline is kGood in any case, it cannot come from us.
enum class UnknownCause : std::uint8_t {
  kNone,
  kLate,        // started too late, see late_limit_ns()
  kStalled,     // this process did not run for too long between start and end
  kNoRoute,     // the look-up of a route fails for every address of the target
  kNoResolver,  // no name server answers, not even a question about the root
  kNetwork,     // other remote hosts are silent too, and so is the gateway
  kLocal,       // this machine refused: descriptors, memory, ports, CA file
  kStopped,     // cancelled: the daemon stops or the probe is gone from the configuration
};

// Label values: "good", "connect", "no_route". "" for kNone.
std::string_view name(ProbeOutcome outcome);
std::string_view name(ProbePhase phase);
std::string_view name(UnknownCause cause);

// A start later than this after its time, or a gap longer than this in the run of the probe
// thread, makes a failure unknown: 20 % of the interval, but at least 50 ms.
std::int64_t late_limit_ns(std::int64_t interval_ms);

// As blackbox_exporter splits an attempt; with redirections, sums over all hops. 0: not reached.
struct PhaseDurations {
  std::int64_t resolve_ns = 0;
  std::int64_t connect_ns = 0;
  std::int64_t tls_ns = 0;
  std::int64_t processing_ns = 0;  // from the request to the first byte of the answer
  std::int64_t transfer_ns = 0;
};

// Of a DNS answer.
struct DnsCounts {
  int answers = 0;
  int authorities = 0;
  int additionals = 0;
  std::optional<std::uint32_t> serial;  // of an SOA
};

struct ProbeResult {
  std::uint64_t probe_id = 0;
  std::uint64_t seq = 0;     // attempts of this probe, from 1
  Moment sent;               // when the attempt started: the time of the sample
  Moment done;               // when it ended
  std::int64_t late_ns = 0;  // sent - late_ns is when it was due
  bool confirming = false;   // out of turn, see ProbeSpec::confirm_ms
  ProbeOutcome outcome = ProbeOutcome::kUnknown;
  ProbePhase phase = ProbePhase::kNone;      // of the failure, also when it is unknown
  UnknownCause cause = UnknownCause::kNone;  // only with kUnknown
  std::string reason;                        // for people: printable, at most 200 bytes
  PhaseDurations durations;
  bool silent = false;          // a failure in which the target's host gave no sign of life
  bool pattern_failed = false;  // the failure is a pattern that did not match, or did
  std::string remote_address;   // numeric, without port; empty: none known
  int http_status = 0;          // 0: no answer
  int http_version_tenths = 0;  // 11, 20; 0: no answer
  int redirects = 0;            // followed
  bool reused = false;          // the last exchange went over a kept connection
  bool tls = false;             // the last hop was encrypted
  std::string tls_version;      // "TLS 1.3"
  std::string tls_cipher;       // "TLS_AES_256_GCM_SHA384"
  std::optional<std::int64_t> content_length;           // as announced
  std::int64_t body_bytes = 0;                          // after decompression, as far as read
  std::optional<std::int64_t> last_modified_unix;       // as the answer says
  std::optional<std::int64_t> certificate_expiry_unix;  // the earliest of all that were sent
  std::optional<std::int64_t> chain_expiry_unix;  // the earliest in the chain that was verified
  std::string certificate_sha256;                 // of the server's certificate, hexadecimal
  int hop_limit = 0;                              // of an echo reply; 0: not known
  std::optional<DnsCounts> dns;                   // of an answer
  std::optional<int> local_count;                 // exit code, or members of a group
};

// Who wants to know. Called on the probe thread, in order of time; must return at once (put it
// into a queue). Every on_sent is followed by exactly one on_result of the same probe_id and seq.
class ProbeSink {
 public:
  virtual ~ProbeSink() = default;
  virtual void on_sent(std::uint64_t probe_id, std::uint64_t seq, const Moment& sent) = 0;
  virtual void on_result(const ProbeResult& result) = 0;
};

}  // namespace exporter
