// What a probe asks of its target, one struct for each kind: plain values, made by the
// configuration and given to the probe thread inside a ProbeSpec.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "exporter/core/error.h"

namespace exporter {

// Both ends included.
struct StatusRange {
  int first = 0;
  int last = 0;
  bool operator==(const StatusRange&) const = default;
};

// "2xx" or "204". kInvalid, quoting the text, for anything else.
Result<StatusRange> parse_status(std::string_view text);

// How a target is reached.
struct Reach {
  int ip_version = 0;           // 4 or 6; 0: either
  bool allow_metadata = false;  // may talk to cloud metadata addresses (169.254.0.0/16 and kin)
  bool operator==(const Reach&) const = default;
};

// kFresh: a connection of its own for every attempt. kKept: the one of the attempt before, as long
// as the server leaves it open. kBoth: an exchange on the kept one, then one on a fresh one, and
// both have to be good.
enum class Keepalive : std::uint8_t { kFresh, kKept, kBoth };

struct JsonCheck {
  std::string pointer{};  // RFC 6901
  std::string equals{};   // JSON text; compared as a value
  bool operator==(const JsonCheck&) const = default;
};

struct HttpTarget {
  std::string url{};  // as check_url (exporter/probes/url.h) accepts it
  std::string method = "GET";
  std::vector<std::string> headers{};  // "Name: value"; sent to the URL's own origin only
  std::string authorization{};         // value of that header, a secret; likewise; empty: none
  std::string body{};
  std::vector<StatusRange> expected_status = {{200, 399}};
  // Of the first kMaxProbedBytes of the body; empty: not asked.
  std::string body_contains{};
  std::string body_matches{};          // RE2, anywhere
  std::string body_lacks{};            // RE2, nowhere
  std::vector<JsonCheck> body_json{};  // all of them
  int certificate_days = 0;            // fewer days left are a failure; 0: not asked
  std::string ca_file{};               // PEM; empty: the system's
  bool verify = true;                  // false: any certificate will do
  bool http2 = true;                   // offered where TLS negotiates it
  bool follow_redirects = false;       // at most 10; a redirection not followed is an answer
  std::string proxy{};                 // http://host:port
  std::string unix_socket{};           // path; the URL's host is then a name only
  Keepalive keepalive = Keepalive::kFresh;
  Reach reach{};
  bool operator==(const HttpTarget&) const = default;
};

// One exchange of a conversation in lines: wait for a line that matches, then send.
struct DialogueStep {
  std::string expect{};   // RE2 on one line; empty: nothing is waited for
  std::string send{};     // a line, sent with CR LF; \1 to \9 are groups of expect; empty: nothing
  bool starttls = false;  // then TLS begins
  bool operator==(const DialogueStep&) const = default;
};

// A stream: TCP or a unix socket, with or without TLS from the start.
struct StreamTarget {
  std::string host{};
  std::uint16_t port = 0;
  std::string unix_socket{};  // instead of host and port
  bool tls = false;
  std::string ca_file{};
  bool verify = true;
  std::string server_name{};  // empty: the host
  int certificate_days = 0;
  std::vector<DialogueStep> dialogue{};
  Reach reach{};
  bool operator==(const StreamTarget&) const = default;
};

struct IcmpTarget {
  std::string host{};
  int payload_bytes = 56;
  Reach reach{};
  bool operator==(const IcmpTarget&) const = default;
};

struct DnsTarget {
  std::string host{};  // the name server
  std::uint16_t port = 53;
  std::string name{};      // what is asked for
  std::uint16_t type = 1;  // RFC 1035: A
  bool tcp = false;
  bool recursion = true;
  std::vector<int> rcodes = {0};
  std::string answers_match{};      // RE2, whole text of at least one answer; empty: not asked
  std::string all_answers_match{};  // of every answer, and there is one
  Reach reach{};
  bool operator==(const DnsTarget&) const = default;
};

// A program of the user's. No shell: the words are its arguments as they are.
struct ExecTarget {
  std::vector<std::string> command{};  // the first is a path
  std::vector<int> exit_codes = {0};
  bool operator==(const ExecTarget&) const = default;
};

enum class LocalKind : std::uint8_t { kProcesses, kUnit, kContainer };

// Something on this machine, looked at by a function of the caller's (LocalCheck).
struct LocalTarget {
  LocalKind kind = LocalKind::kProcesses;
  std::string name{};  // process group, unit or container
  int at_least = 1;    // members, for kProcesses
  bool operator==(const LocalTarget&) const = default;
};

using ProbeTarget =
    std::variant<HttpTarget, StreamTarget, IcmpTarget, DnsTarget, ExecTarget, LocalTarget>;

// "http", "tcp", "icmp", "dns", "exec", "process", "systemd", "container".
std::string_view kind_name(const ProbeTarget& target);

inline constexpr std::size_t kMaxProbedBytes = 1 << 20;  // more is not read
inline constexpr std::size_t kMaxBodyBytesSent = 1 << 20;
inline constexpr int kMaxRedirects = 10;
inline constexpr std::size_t kMaxDialogueSteps = 32;
inline constexpr int kMaxIcmpPayload = 1400;

}  // namespace exporter
