// One probe of whatever kind: keeps what stays the same from attempt to attempt and makes one
// attempt at a time. All kinds live on the probe thread under one loop (probe_loop.h), which starts
// them, keeps their deadlines and takes their results; none of them ever blocks.
//
// A kind is a class beside this one that begins an attempt, is told when a descriptor it watches is
// ready or its own time has come, and calls end() once. What all need is here: the name of the
// target becomes addresses, and the result is put together.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exporter/core/clock.h"
#include "exporter/probes/address.h"
#include "exporter/probes/local_worker.h"
#include "exporter/probes/probe.h"
#include "exporter/probes/reactor.h"
#include "exporter/probes/reaper.h"
#include "exporter/probes/resolver.h"
#include "exporter/probes/tls_client.h"

namespace exporter {

struct Failure {
  ProbePhase phase = ProbePhase::kHttp;
  UnknownCause cause = UnknownCause::kNone;  // kNone: the target's fault
  std::string reason;
  bool silent = false;          // see ProbeResult
  bool pattern_failed = false;  // likewise
};

class HttpProbe;

// What the loop lends to all probes; outlives them.
struct ProbeTools {
  const Clock& clock;  // for what happens inside a call
  Reactor& reactor;
  CURLM* multi;
  std::string name_servers;  // "192.0.2.1:53,…" instead of resolv.conf's; empty: the system's
  LocalWorker local;
  TlsContexts tls{};
  Reaper reaper{reactor};
  std::vector<std::size_t> touched{};  // slots of probers that a descriptor was ready for
  // Transfers that took or lost a socket in the last call of libcurl; of no use after it.
  std::vector<HttpProbe*> connecting{};
};

class Prober : public Reactor::Watcher {
 public:
  // The spec is one that check_spec accepts; it and the tools must outlive the prober.
  Prober(const ProbeSpec& spec, ProbeTools& tools) : spec_(spec), tools_(tools) {}
  virtual ~Prober() = default;
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

  // Begins an attempt; no other may be running. deadline_ns() is now + timeout from here on; the
  // caller enforces it, at most late_limit_ns() later.
  void start(const Moment& now);
  // wake_ns() has come.
  void step(const Moment& now);
  // Ends the attempt where it stands: the deadline has come, or nobody wants it any more.
  void expire(const Moment& now);
  void cancel(const Moment& now);

  bool running() const { return stage_ == Stage::kResolving || stage_ == Stage::kRunning; }
  std::int64_t deadline_ns() const { return deadline_ns_; }
  std::int64_t wake_ns() const;  // INT64_MAX: when a descriptor is ready only

  // The result of the attempt that ended, once; probe_id, seq and late_ns are the caller's to fill.
  std::optional<ProbeResult> take_result();

  void ready(int fd, std::uint32_t events) final;
  std::size_t slot = 0;  // the loop's number of this prober

 protected:
  // The first step of an attempt.
  virtual void begin(const Moment& now) = 0;
  // resolve() found at least one address.
  virtual void resolved(const Moment&) {}
  virtual void descriptor_ready(int, std::uint32_t, const Moment&) {}
  virtual void wake_came(const Moment&) {}
  // What the attempt waits for when its deadline comes; what is known goes into result_.
  virtual Failure at_deadline(const Moment& now) = 0;
  // The attempt ended or is given up: close what belongs to it.
  virtual void release() = 0;

  void resolve(const std::string& host, std::uint16_t port, const Reach& reach, const Moment& now);
  void end(const Moment& now, std::optional<Failure> failure);
  std::string within_timeout() const;  // "within 400 ms"
  // connect() failed with this.
  Failure connect_failure(int number, const std::string& where) const;

  const ProbeSpec& spec_;
  ProbeTools& tools_;
  ProbeResult result_;
  std::vector<Address> addresses_;
  std::int64_t wake_ns_ = INT64_MAX;  // of the kind, while it runs

 private:
  enum class Stage : std::uint8_t { kIdle, kResolving, kRunning, kEnded };

  void look(const Moment& now);

  Stage stage_ = Stage::kIdle;
  std::int64_t deadline_ns_ = 0;
  std::unique_ptr<NameLookup> lookup_;
  std::int64_t lookup_start_ns_ = 0;
  std::string host_;
  bool allow_metadata_ = false;
};

// The prober for what spec asks. Null: out of memory or descriptors.
std::unique_ptr<Prober> make_prober(const ProbeSpec& spec, ProbeTools& tools);

// At least one of the addresses is routed; all are.
bool some_route(const std::vector<Address>& addresses);
bool all_routes(const std::vector<Address>& addresses);

}  // namespace exporter
