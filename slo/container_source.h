// Every container as an objective, with no configuration: up while it runs and, if it has a health
// check, is healthy; restarts and kills for want of memory are incidents. It goes by name, so that
// one made anew goes on with the record. All pods of a Kubernetes workload on this machine are one
// objective, up while any of them is.
//
// The view of the containers (exporter/containers/facts.h) says what is so, and where the runtime
// keeps records of it, when it began. Each view settles the time up to its own moment; when no more
// come, the time is unknown. What must outlast the daemon besides the history (whether a container
// that is gone had to run) is a document of the store.
//
// Objectives of the configuration (`sli: {container: …}`) are judged here, too, by their own rule
// and beside those: what they name has to be there, and is down while it is not. slo thread, but
// for configure(), judge(), claims(), ignored() and the sink.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "slo/container_identity.h"
#include "slo/container_rule.h"
#include "slo/source.h"
#include "slo/store.h"
#include "slo/windows.h"

namespace slo {

class ContainerSource final : public SliSource, public exporter::ContainerSink {
 public:
  using Facts = std::shared_ptr<const exporter::ContainerFacts>;
  using View = std::function<std::shared_ptr<const exporter::ContainerView>()>;

  static constexpr std::size_t kMaxObjectives = 1'000;
  // Gone for so long, a container is forgotten: another one of that name begins anew.
  static constexpr std::int64_t kForgetMs = 7 * kDayMs;

  // view gives the newest view, null before the first, without waiting; wake is called when there
  // is news in it, both on the thread that follows the containers. documents: what the store had at
  // the start. The store outlives this.
  ContainerSource(View view, std::function<void()> wake, Store& store,
                  const std::vector<Document>& documents);

  void on_facts(const exporter::ContainerFacts&, const exporter::Moment&) override { wake_(); }
  void on_removed(const exporter::ContainerIdentity&, const exporter::Moment&) override { wake_(); }
  void on_beat(const exporter::Moment&) override {}

  void feed(Engine& engine, const exporter::Moment& now) override;
  bool claims(const SloRow& row) const override;

  // Exactly these of the configuration from now on. The engine gets them here, with the first view.
  struct Configured {
    std::shared_ptr<const SloSpec> spec;
    ContainerRule rule;
  };
  void configure(std::vector<Configured> configured);

  // Whether all containers are judged from now on: at first they are. Switched off, their
  // objectives end, and go on with their records when it is switched on again. Any thread.
  void judge(bool on) { on_.store(on, std::memory_order_relaxed); }

  // Containers that are no objective because there are kMaxObjectives already. Any thread.
  std::size_t ignored() const { return ignored_.load(std::memory_order_relaxed); }

 private:
  // Small, because there may be many; the larger fields first.
  struct Objective {
    std::shared_ptr<const SloSpec> spec;
    SloId id = 0;                   // 0: not judged since this daemon started
    std::int64_t sampled_ms = 0;    // CLOCK_BOOTTIME: newest sample or announced one
    std::int64_t seen_ms = 0;       // likewise, of the newest view that told of it
    std::int64_t gone_unix_ms = 0;  // 0: it is there
    Facts before;                   // as of the last view, where it is one container alone
    State state = State::kUnknown;
    Cause cause = Cause::kStarting;
    bool judged = false;     // the engine has it
    bool recorded = false;   // the store has its document
    bool announced = false;  // the sample of sampled_ms waits for the next view
    bool has_to_run = false;
    bool kubernetes = false;
    bool configured = false;  // rules_ has it
  };

  // A container of the view that is taken in, and an objective it counts for.
  struct Member {
    Objective* objective = nullptr;
    Facts facts;
  };
  using Members = std::span<const Member>;  // of one objective, in the order of the view

  Objective& objective_of_name(const ObjectiveName& name);
  std::vector<Member> collect(const exporter::ContainerView& view, bool on);
  void take(Objective& objective, Members members, const exporter::ContainerView& view,
            Engine& engine, const exporter::Moment& now);
  void take_absent(Objective& objective, const exporter::ContainerView& view, Engine& engine,
                   const exporter::Moment& now);
  bool begin(Objective& objective, Members members, const exporter::ContainerView& view,
             Engine& engine, const exporter::Moment& now);
  void end(Objective& objective, const exporter::ContainerView& view, Engine& engine);
  void tell_outage(Objective& objective, Members members, const exporter::ContainerView& view,
                   Engine& engine, const exporter::Moment& now);
  void tell_state(Objective& objective, Members members, const Reading& reading,
                  const exporter::ContainerView& view, Engine& engine, const exporter::Moment& now);
  bool confirm(Objective& objective, Engine& engine, const exporter::Moment& now);
  void sample(Objective& objective, std::int64_t boot_ms, State state, Cause cause, Engine& engine,
              const exporter::Moment& now);
  void announce(Objective& objective, const exporter::ContainerView& view, Engine& engine,
                const exporter::Moment& now);
  void keep(Objective& objective);
  void rest(Engine& engine);
  void take_configuration(Engine& engine, const exporter::Moment& now);
  bool is_configured(const SloRow& row) const;
  Reading reading_of(const Objective& objective, Members members) const;

  const View view_;
  const std::function<void()> wake_;
  Store& store_;
  std::shared_ptr<const exporter::ContainerView> seen_;
  // By service and name, which stand in the spec.
  std::map<std::pair<std::string_view, std::string_view>, Objective> objectives_;
  std::map<const SloSpec*, ContainerRule> rules_;
  mutable std::mutex lock_;
  std::optional<std::vector<Configured>> wanted_;  // under lock_: to be taken over
  std::size_t judged_ = 0;
  std::size_t without_room_ = 0;  // in the view that is taken in
  std::atomic<std::size_t> ignored_{0};
  std::atomic<bool> on_{true};
};

}  // namespace slo
