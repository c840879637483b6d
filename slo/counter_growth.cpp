#include "slo/counter_growth.h"

#include <cmath>

#include "slo/bucket_bound.h"

namespace slo {

bool CounterGrowth::look(std::string_view page) {
  ++look_;
  grown_ = 0;
  bounds_.clear();
  bool any = false;
  selector_.each(page, [&](std::string_view labels, double value) {
    if (!std::isfinite(value)) return;
    if (bound_) {
      const auto bound = bucket_bound(label_value(labels, "le"));
      if (!bound) return;
      bounds_.insert(*bound);
      if (*bound != *bound_) return;
    }
    any = true;
    const auto [seen, is_new] = seen_.try_emplace(std::string(labels), Seen{value, look_});
    if (is_new) return;
    grown_ += value < seen->second.value ? value : value - seen->second.value;
    seen->second = {value, look_};
  });
  std::erase_if(seen_, [&](const auto& entry) { return entry.second.look + kKeptLooks < look_; });
  return any;
}

std::string CounterGrowth::problem() const {
  if (bounds_.empty()) return "no series " + selector_.name() + " with these labels";
  return "the threshold is no bound of a bucket; there are" + bounds_text(bounds_);
}

}  // namespace slo
