// What feeds the judge: a source turns what it sees of the outside into samples of objectives. It
// collects on whatever thread it likes, and hands over when the slo thread asks.
#pragma once

#include "exporter/core/clock.h"
#include "slo/engine.h"

namespace slo {

class SliSource {
 public:
  virtual ~SliSource() = default;

  // On the slo thread, before each step, with the moment of that step: hands everything seen since
  // the last call to the engine, in order of time. Returns at once.
  virtual void feed(Engine& engine, const exporter::Moment& now) = 0;

  // Whether an objective of the history belongs to this source, which adds it itself once it sees
  // what it is about; the engine then keeps its history. Asked once, before the first feed().
  virtual bool claims(const SloRow&) const { return false; }
};

}  // namespace slo
