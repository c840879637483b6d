// Follows what the runtimes write about their containers, on a thread of its own, off the path of
// scrapes: names, states, health, exit codes, OOM kills. Publishes all of it after each change, and
// tells sinks of each change as it comes. No daemon is asked.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "exporter/containers/count_ledger.h"
#include "exporter/containers/oom_watch.h"
#include "exporter/containers/runtime_source.h"
#include "exporter/core/publication.h"

namespace exporter {

struct FollowerOptions {
  Roots roots;
  std::string docker_root = "/var/lib/docker";  // below roots.rootfs
  std::string docker_socket = {};  // likewise; not empty: asked instead of reading the root
  std::string kernel_log = {};     // "/dev/kmsg"; empty: not read
};

class ContainerFollower {
 public:
  // Looks once. clock must outlive this.
  ContainerFollower(FollowerOptions options, const Clock& clock);
  ~ContainerFollower();
  ContainerFollower(const ContainerFollower&) = delete;
  ContainerFollower& operator=(const ContainerFollower&) = delete;

  // Before start() only; the sink must outlive this, or stop().
  void add_sink(ContainerSink& sink) { sinks_.push_back(&sink); }
  // Before start(): what an earlier run kept of the counts, and who keeps changes from now on;
  // called on the follower's thread, must return at once.
  using Keep = std::function<void(std::vector<CountLedger::Change>)>;
  void keep_counts(const std::vector<std::string>& kept, Keep keep);
  void start();
  // Idempotent.
  void stop();

  // Never null. Any thread.
  std::shared_ptr<const Roster> roster() const { return roster_.get(); }
  std::shared_ptr<const ContainerView> view() const { return view_.get(); }
  CountLedger& ledger() { return ledger_; }
  const Clock& clock() const { return clock_; }

  // A scrape saw kills that the view does not have yet. Any thread; returns at once.
  void wake();

 private:
  void run(const std::stop_token& stop);
  void look(bool all);
  void publish();
  void tell(const ContainerView& before, const ContainerView& after);
  void count_restarts(const std::vector<std::shared_ptr<const RuntimeRecord>>& records,
                      const Moment& now);
  bool complete();

  const FollowerOptions options_;
  const Clock& clock_;
  FileWatch watch_;
  FileDescriptor wake_;
  std::vector<std::unique_ptr<RuntimeSource>> sources_;
  OomWatch oom_watch_;
  CountLedger ledger_;
  std::vector<std::shared_ptr<CountAccount>> counted_;  // of the roster, held
  Keep keep_;
  Publication<Roster> roster_;
  Publication<ContainerView> view_;
  std::vector<ContainerSink*> sinks_;
  std::string problem_;  // as last logged
  bool started_ = false;
  std::jthread thread_;
};

// The facts of each named container, one for each identity: of several that share one, the running,
// else the latest. Ordered by key. group_of: the control group of an id.
std::vector<std::shared_ptr<const ContainerFacts>> facts_of(
    const Roster& roster, const CountLedger& ledger,
    const std::function<std::string(const std::string& id)>& group_of);

}  // namespace exporter
