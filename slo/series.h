// slo_*: the newest judgement as series, every number taken from the Snapshot as it is. Counters
// start at 0 and survive restarts; undefined is NaN; no series waits for its first event.
#pragma once

#include <functional>
#include <memory>

#include "exporter/core/collector.h"
#include "slo/judgement.h"

namespace slo {

class SloSeries final : public exporter::Collector {
 public:
  using Published = std::function<std::shared_ptr<const Snapshot>()>;
  using Saved = std::function<std::shared_ptr<const Counters>()>;

  // published gives the newest snapshot, null before the first, and saved the counters that are to
  // be shown (slo/saved_counters.h), null for its own; any thread, without waiting.
  explicit SloSeries(
      Published published, Saved saved = [] { return nullptr; })
      : published_(std::move(published)), saved_(std::move(saved)) {}

  std::string_view name() const override { return "slo"; }
  exporter::Result<void> collect(const exporter::Scrape& scrape,
                                 exporter::SampleWriter& out) override;

 private:
  Published published_;
  Saved saved_;
};

}  // namespace slo
