#include "tests/app/judged.h"

#include "slo/engine.h"

namespace app::test {
namespace {

constexpr std::int64_t kStartReal = 1'800'000'000'000'000'000;

exporter::Moment at(std::int64_t second) {
  const std::int64_t ns = (1'000 + second) * 1'000'000'000;
  return {ns, ns, kStartReal + second * 1'000'000'000};
}

}  // namespace

slo::Snapshot judged(const std::string& service, const std::string& name,
                     const std::vector<bool>& samples) {
  slo::Engine engine("boot", at(0));
  auto probe = std::make_shared<slo::SloSpec>();
  probe->service = service;
  probe->name = name;
  probe->interval_ms = 1'000;
  probe->timeout_ms = 800;
  const slo::SloId id = engine.add(probe, at(0));
  auto host = std::make_shared<slo::SloSpec>();
  host->service = "host";
  host->name = "host-up";
  host->source = slo::SourceKind::kHost;
  engine.add(host, at(0));
  std::int64_t second = 0;
  for (const bool good : samples) {
    ++second;
    engine.on_sent(id, at(second).boot_ns, at(second));
    engine.on_sample(id, at(second).boot_ns, good ? slo::State::kUp : slo::State::kDown,
                     good ? slo::Cause::kNone : slo::Cause::kConnect, at(second));
    engine.step(at(second));
  }
  return engine.judge();
}

}  // namespace app::test
