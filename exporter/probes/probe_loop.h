// What the probe thread does: starts attempts when they are due, lets libcurl and the name look-ups
// work, keeps the deadlines, and decides whether a failure can be held against the target or this
// process was itself late or did not run. One turn() never blocks; wait() sleeps until something is
// due or has arrived.
//
// Being away. While an attempt runs, turns follow one another at least every heartbeat (a quarter
// of the timeout, at most half of late_limit_ns). What is beyond that between two turns is time in
// which this process did not watch. It extends the deadline, up to late_limit_ns; beyond that the
// attempt counts as stalled and its failure as unknown.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "exporter/core/clock.h"
#include "exporter/probes/board.h"
#include "exporter/probes/http_probe.h"
#include "exporter/probes/probe.h"
#include "exporter/probes/schedule.h"

namespace exporter {

class ProbeLoop {
 public:
  // All references must outlive the loop.
  ProbeLoop(const Clock& clock, ProbeBoard& board, ProbeSink& sink,
            const std::string& name_servers);
  ~ProbeLoop();
  ProbeLoop(const ProbeLoop&) = delete;
  ProbeLoop& operator=(const ProbeLoop&) = delete;

  // False when libcurl could not be started; then nothing else may be called.
  bool usable() const { return multi_ != nullptr; }

  // Probes with an equal spec go on undisturbed, attempts of all others end as kStopped.
  void set_probes(std::vector<ProbeSpec> specs);

  void turn();
  void wait();

  // Ends a wait(), now or the next one. Any thread.
  void wake();

  // Every running attempt ends as kStopped.
  void cancel_all();

 private:
  struct Entry {
    Entry(ProbeSpec&& probe_spec, std::size_t index, std::int64_t now_ns, CURLM* multi,
          const std::string& name_servers, const Clock& clock);

    void was_gone_for(std::int64_t gap_ns);  // between two looks at the attempt
    std::int64_t deadline_ns() const;        // the probe's, extended by time away

    const ProbeSpec spec;
    const std::int64_t limit_ns;
    const std::int64_t heartbeat_ns;
    HttpProbe probe;
    Schedule schedule;
    std::uint64_t seq = 0;
    std::int64_t late_ns = 0;  // of the attempt that runs
    std::int64_t away_ns = 0;  // likewise
  };

  void begin(std::size_t index);
  void settle(std::size_t index);

  struct MultiDeleter {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };

  const Clock& clock_;
  ProbeBoard& board_;
  ProbeSink& sink_;
  const std::string& name_servers_;
  std::unique_ptr<CURLM, MultiDeleter> multi_;
  std::vector<std::unique_ptr<Entry>> entries_;  // after multi_: they leave it
  std::int64_t last_turn_ns_ = 0;
  std::vector<pollfd> descriptors_;
  std::vector<curl_waitfd> curl_descriptors_;
};

}  // namespace exporter
