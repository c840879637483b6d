#include "slo/counter_growth.h"

#include <charconv>
#include <cmath>
#include <cstdio>

namespace slo {
namespace {

std::optional<double> bound_of(std::string_view labels) {
  const std::string text = label_value(labels, "le");
  double bound = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bound);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return bound;
}

}  // namespace

bool CounterGrowth::look(std::string_view page) {
  ++look_;
  grown_ = 0;
  bounds_.clear();
  bool any = false;
  selector_.each(page, [&](std::string_view labels, double value) {
    if (!std::isfinite(value)) return;
    if (bound_) {
      const auto bound = bound_of(labels);
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
  std::string text = "the threshold is no bound of a bucket; there are";
  for (const double bound : bounds_) {
    char number[40];
    std::snprintf(number, sizeof number, " %g", bound);
    text += number;
  }
  return text;
}

}  // namespace slo
