// A machine with containers in a box: what a runtime would write down, seen by the judge as views.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slo/container_source.h"
#include "slo/store_memory.h"
#include "tests/slo/sim.h"
#include "tests/support/doctest.h"

namespace slo::testing {

using exporter::ContainerFacts;
using exporter::ContainerHealth;
using exporter::ContainerState;
using exporter::ContainerView;
using exporter::RestartPolicy;

class Host {
 public:
  Host() { start(); }

  ContainerFacts& container(const std::string& name) {
    ContainerFacts& facts = containers_[name];
    if (facts.id.empty()) {
      facts.identity.runtime = exporter::ContainerRuntime::kDocker;
      facts.identity.name = name;
      facts.id = name + "-1";
      facts.health = ContainerHealth::kNone;
      facts.restart_policy = RestartPolicy::kAlways;
      facts.started_unix_ms = unix_ms();
    }
    return facts;
  }
  void remove(const std::string& name) { containers_.erase(name); }
  // As a reload of the configuration.
  void configure(std::vector<ContainerSource::Configured> configured) {
    configured_ = std::move(configured);
    source_->configure(configured_);
  }

  void exit(const std::string& name, int code) {
    ContainerFacts& facts = container(name);
    facts.state = ContainerState::kExited;
    facts.exit_code = code;
    facts.exit_code_known = true;
    facts.finished_unix_ms = unix_ms();
  }
  void run_again(const std::string& name) {
    ContainerFacts& facts = container(name);
    facts.state = ContainerState::kRunning;
    facts.started_unix_ms = unix_ms();
    ++facts.restarts;
  }

  void pass(std::int64_t ms) { machine_.pass(ms); }
  // Seconds go by, each with a view and a step.
  void live(std::int64_t seconds, bool complete = true) {
    for (std::int64_t i = 0; i < seconds; ++i) {
      machine_.pass(1'000);
      look(complete);
    }
  }
  void look(bool complete = true) {
    auto view = std::make_shared<ContainerView>();
    view->as_of = machine_.now();
    view->complete = complete;
    for (const auto& [name, facts] : containers_) {
      view->containers.push_back(std::make_shared<const ContainerFacts>(facts));
    }
    view_ = view;
    step();
    if (++views_ % 5 == 0) machine_.beat();
  }
  void step() {
    source_->feed(machine_.engine(), machine_.now());
    machine_.step();
  }

  void stop() {
    machine_.stop(StopReason::kUpgrade);
    source_.reset();
  }
  void start() {
    documents_ = store_.load().documents;
    machine_.start();
    source_.emplace([this] { return view_; }, [this] { ++wakes_; }, store_, documents_);
    source_->configure(configured_);
    machine_.engine().forget_history([&](const SloRow& row) { return source_->claims(row); });
    view_ = nullptr;
  }

  int wakes() const { return wakes_; }
  std::int64_t unix_ms() const { return machine_.now().real_ns / kMs; }
  Machine& machine() { return machine_; }
  ContainerSource& source() { return *source_; }
  MemoryStore& store() { return store_; }

  std::vector<Judgement> judged() { return machine_.engine().judge().slos; }
  Judgement slo(const std::string& name) {
    for (Judgement& judgement : machine_.engine().judge().slos) {
      if (judgement.spec->name == "container-" + name) return std::move(judgement);
    }
    FAIL("no objective container-" << name);
    return {};
  }
  std::int64_t seconds(const std::string& name, State state) {
    return slo(name).counters.state_ms[static_cast<std::size_t>(state)] / 1000;
  }

 private:
  Machine machine_;
  MemoryStore store_;
  std::map<std::string, ContainerFacts> containers_;
  std::vector<Document> documents_;
  std::vector<ContainerSource::Configured> configured_;
  std::shared_ptr<const ContainerView> view_;
  std::optional<ContainerSource> source_;
  int views_ = 0;
  int wakes_ = 0;
};

}  // namespace slo::testing
