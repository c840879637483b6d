// What the probe thread does: starts attempts when they are due, hands descriptors and times to
// those who wait for them, keeps the deadlines, and decides whether a failure can be held against
// the target or this process was itself late, did not run or has lost its network. One turn() never
// blocks; wait() sleeps until something is due or has arrived. A turn costs by what happens in it,
// not by how many probes there are.
//
// Being away. While an attempt runs, turns follow one another at least every heartbeat (a quarter
// of the timeout, at most half of late_limit_ns). What is beyond that between two turns is time in
// which this process did not watch. It extends the deadline, up to late_limit_ns; beyond that the
// attempt counts as stalled and its failure as unknown.
#pragma once

#include <curl/curl.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "exporter/core/clock.h"
#include "exporter/probes/board.h"
#include "exporter/probes/gateway_echo.h"
#include "exporter/probes/network_doubt.h"
#include "exporter/probes/probe.h"
#include "exporter/probes/prober.h"
#include "exporter/probes/schedule.h"

namespace exporter {

class ProbeLoop final : private Reactor::Watcher {
 public:
  using Taker = std::function<void(const ProbeResult&)>;

  // All references must outlive the loop.
  ProbeLoop(const Clock& clock, ProbeBoard& board, ProbeSink& sink, std::string name_servers = {},
            LocalCheck local_check = {});
  ~ProbeLoop();
  ProbeLoop(const ProbeLoop&) = delete;
  ProbeLoop& operator=(const ProbeLoop&) = delete;

  // False when libcurl or epoll could not be started; then nothing else may be called.
  bool usable() const { return multi_ != nullptr && reactor_.usable(); }

  // Probes with an equal spec go on undisturbed, attempts of all others end as kStopped.
  void set_probes(std::vector<ProbeSpec> specs);

  // One attempt at once, known to neither board nor sink; its result goes to the taker.
  void probe_once(ProbeSpec spec, Taker taker);

  void turn();
  void wait();

  // Ends a wait(), now or the next one. Any thread.
  void wake() { reactor_.wake(); }

  // Every running attempt ends as kStopped.
  void cancel_all();

 private:
  struct Entry {
    Entry(ProbeSpec&& probe_spec, std::size_t index, std::int64_t now_ns, ProbeTools& tools);

    void was_gone_for(std::int64_t gap_ns);  // between two looks at the attempt
    std::int64_t deadline_ns() const;        // the probe's, extended by time away
    std::int64_t due_ns() const { return std::min(schedule.due_ns(), confirm_ns); }
    std::int64_t next_ns() const;  // when something is to be done about it

    const ProbeSpec spec;
    const std::int64_t limit_ns;
    const std::int64_t heartbeat_ns;
    std::unique_ptr<Prober> prober;
    Schedule schedule;
    std::int64_t confirm_ns = INT64_MAX;  // when an attempt out of turn is due
    std::uint64_t seq = 0;
    std::int64_t late_ns = 0;   // of the attempt that runs
    std::int64_t away_ns = 0;   // likewise
    bool confirming = false;    // likewise
    Taker taker;                // of a single attempt; empty: a regular probe
    std::int64_t timer_ns = 0;  // as it stands in timers_
  };
  using Timers = std::set<std::pair<std::int64_t, std::size_t>>;  // time, slot

  void ready(int fd, std::uint32_t events) override;  // libcurl's sockets
  void act_curl(curl_socket_t fd, int what);
  static int on_curl_socket(CURL* easy, curl_socket_t fd, int what, void* self, void*);
  static int on_curl_timer(CURLM*, long timeout_ms, void* self);
  void drive_curl(const Moment& now);
  void settle_touched();
  void run_timers(const Moment& now);

  void begin(std::size_t slot);
  void settle(std::size_t slot);
  void doubt_late(Entry& entry, ProbeResult& result) const;
  void deliver(std::size_t slot, const ProbeResult& result);
  void set_timer(std::size_t slot);
  void remove_once(std::size_t slot);
  std::size_t add(std::unique_ptr<Entry> entry);

  struct MultiDeleter {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };

  const Clock& clock_;
  ProbeBoard& board_;
  ProbeSink& sink_;
  Reactor reactor_;
  std::unique_ptr<CURLM, MultiDeleter> multi_;
  ProbeTools tools_;
  GatewayEcho echo_;
  NetworkDoubt network_;
  // Regular probes in the board's order, then single attempts. After multi_ and tools_: they leave
  // them.
  std::vector<std::unique_ptr<Entry>> entries_;
  std::size_t regular_ = 0;
  Timers timers_;                 // one for each entry
  std::vector<std::size_t> due_;  // scratch
  std::size_t running_ = 0;
  std::int64_t shortest_heartbeat_ns_ = INT64_MAX;
  std::int64_t last_turn_ns_ = 0;
  std::int64_t curl_due_ns_ = INT64_MAX;
};

}  // namespace exporter
