// The probes of the daemon: one thread for all of them, on which nothing blocks, so no probe delays
// another. Every attempt leaves one result, on the board and at the sink.
//
// Whether a failure is the target's (bad) or ours (unknown) is decided on what is known then and
// there: own lateness and pauses, a route look-up that fails for every address, a resolver that
// answers nothing, own shortage of descriptors, memory or ports, a gateway that is silent together
// with several remote hosts.
//
// A machine that slept or was stopped starts one attempt per probe when it is back; the times that
// passed are counted as missed, never made up for.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "exporter/core/clock.h"
#include "exporter/core/error.h"
#include "exporter/probes/board.h"
#include "exporter/probes/local_worker.h"
#include "exporter/probes/probe.h"

namespace exporter {

class ProbeLoop;

class ProbeScheduler {
 public:
  // All references must outlive the scheduler. Runs nothing yet. `name_servers` ("192.0.2.1:53,…")
  // replaces those of /etc/resolv.conf; empty: the system's. Without a local_check probes of local
  // things are unknown.
  ProbeScheduler(const Clock& clock, ProbeBoard& board, ProbeSink& sink,
                 std::string name_servers = {}, LocalCheck local_check = {});
  ~ProbeScheduler();  // stop()
  ProbeScheduler(const ProbeScheduler&) = delete;
  ProbeScheduler& operator=(const ProbeScheduler&) = delete;

  // Replaces all probes. Those whose spec is unchanged go on undisturbed, running attempts of the
  // others end as unknown (stopped). Starts the thread with the first probe. kInvalid when a spec
  // is wrong or an id or name stands twice, kUnavailable when libcurl cannot be started or stop()
  // was called; then nothing changes. Any thread but the probe thread.
  Result<void> set_probes(std::vector<ProbeSpec> specs);

  // One attempt now, besides all others; neither board nor sink hear of it. Blocks the caller until
  // it has ended, at most a little longer than its timeout. kInvalid when the spec is wrong,
  // kUnavailable when too many run already or stop() was called. Any thread but the probe thread.
  Result<ProbeResult> probe_once(ProbeSpec spec);

  // Running attempts end as unknown (stopped), then the thread; takes milliseconds. For good.
  void stop();

 private:
  static constexpr int kMaxOnce = 16;
  struct Once;

  Result<void> start_loop();  // under mutex_
  void wake_loop();           // likewise
  void run(const std::stop_token& stop);

  const Clock& clock_;
  ProbeBoard& board_;
  ProbeSink& sink_;
  const std::string name_servers_;
  const LocalCheck local_check_;

  std::mutex mutex_;
  std::optional<std::vector<ProbeSpec>> pending_;  // under mutex_
  std::vector<std::shared_ptr<Once>> once_;        // likewise
  int once_running_ = 0;                           // likewise
  bool stopped_ = false;                           // likewise
  std::unique_ptr<ProbeLoop> loop_;                // set before thread_ starts, then constant
  std::jthread thread_;                            // under mutex_
};

}  // namespace exporter
