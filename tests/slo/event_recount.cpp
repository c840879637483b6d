#include "tests/slo/event_recount.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "exporter/core/clock.h"

namespace slo::testing {
namespace {

using exporter::kNsPerMs;

bool near(double a, long double b) {
  if (!std::isfinite(a) || !std::isfinite(b)) {
    return std::isnan(b) ? std::isnan(a) : static_cast<long double>(a) == b;
  }
  return std::abs(static_cast<long double>(a) - b) <= 1e-9L * std::max(1.0L, std::abs(b));
}

}  // namespace

EventRecount::EventRecount(std::shared_ptr<const SloSpec> spec, std::int64_t since_ms,
                           const std::vector<Exclusion>& exclusions)
    : spec_(std::move(spec)), since_ms_(since_ms) {
  Overlay disjoint;
  disjoint.set(exclusions);
  exclusions_ = disjoint.intervals();
}

void EventRecount::add(const Slice& slice) { slices_.push_back(slice); }

void EventRecount::killed(std::int64_t counted_ms) {
  for (Slice& slice : slices_) slice.counted_ms = std::min(slice.counted_ms, counted_ms);
}

std::int64_t EventRecount::end_ms() const { return slices_.empty() ? 0 : slices_.back().end_ms; }

// Of [from, to), what lies in exclusions of this kind.
std::int64_t EventRecount::covered(std::int64_t from_ms, std::int64_t to_ms, bool as_up) const {
  std::int64_t ms = 0;
  for (const Exclusion& e : exclusions_) {
    if (e.counts_as_up != as_up) continue;
    ms += std::max<std::int64_t>(0, std::min(to_ms, e.end_ms) - std::max(from_ms, e.begin_ms));
  }
  return ms;
}

EventRecount::Window EventRecount::count(std::int64_t from_ms, std::int64_t to_ms) const {
  Window window;
  window.before_ms = std::max<std::int64_t>(0, since_ms_ - from_ms);
  from_ms = std::max(from_ms, since_ms_);
  for (const Slice& slice : slices_) {
    if (!slice.count) continue;
    const std::int64_t begin_ms = std::max(from_ms, slice.begin_ms);
    const std::int64_t end_ms = std::min(to_ms, slice.end_ms);
    if (begin_ms < end_ms) {
      window.known_ms += end_ms - begin_ms - covered(begin_ms, end_ms, false);
    }
    if (slice.begin_ms < from_ms || slice.begin_ms >= to_ms) continue;
    if (covered(slice.begin_ms, slice.begin_ms + 1, false) > 0) continue;
    long double good = static_cast<long double>(slice.count->good);
    long double bad = static_cast<long double>(slice.count->bad);
    if (!by_events()) {
      const long double ns = static_cast<long double>(slice.end_ms - slice.begin_ms) * kNsPerMs;
      bad = std::round(ns * bad / (good + bad));
      good = ns - bad;
    }
    if (covered(slice.begin_ms, slice.begin_ms + 1, true) > 0) {
      good += bad;
      bad = 0;
    }
    window.good += good;
    window.bad += bad;
  }
  window.excluded_ms = covered(from_ms, to_ms, false);
  window.unknown_ms = to_ms - from_ms - window.known_ms - window.excluded_ms;
  return window;
}

// What lies within coarse_ms of the edge of an exclusion.
long double EventRecount::near_exclusions(std::int64_t from_ms, std::int64_t to_ms,
                                          std::int64_t coarse_ms) const {
  long double amount = 0;
  for (const Slice& slice : slices_) {
    const auto is_near = [&](std::int64_t edge_ms) {
      return edge_ms > from_ms && edge_ms < to_ms && slice.end_ms > edge_ms - coarse_ms &&
             slice.begin_ms < edge_ms + coarse_ms;
    };
    const bool is_there = std::ranges::any_of(
        exclusions_, [&](const Exclusion& e) { return is_near(e.begin_ms) || is_near(e.end_ms); });
    if (!is_there || !slice.count) continue;
    amount += by_events() ? static_cast<long double>(slice.count->good + slice.count->bad)
                          : static_cast<long double>(slice.end_ms - slice.begin_ms) * kNsPerMs;
  }
  return amount;
}

std::string EventRecount::compare(const Judgement& j, std::int64_t coarse_ms) const {
  std::string out;
  const auto wrong = [&](const std::string& what, long double got, long double want) {
    out += what + ": " + std::to_string(got) + ", recounted " + std::to_string(want) + "\n";
  };
  const auto same = [&](const std::string& what, std::int64_t got, long double want) {
    if (static_cast<long double>(got) != want) wrong(what, static_cast<long double>(got), want);
  };
  const auto close = [&](const std::string& what, double got, long double want) {
    if (!near(got, want)) wrong(what, got, want);
  };
  const long double nan = std::nanl("");
  const auto b = static_cast<long double>(spec_->objective.budget_ppb()) * 1e-9L;
  Window whole;
  std::vector<Window> windows;
  for (const WindowView& view : j.windows) {
    Window w = count(view.begin_ms, j.settled_ms);
    if (j.settled_ms - view.begin_ms > EventLog::kFineMs && coarse_ms > 0) {
      // Between what is there with and without the piece that an edge lies in, the window's or an
      // exclusion's; go on from that.
      const Window later = count(view.begin_ms + coarse_ms, j.settled_ms);
      const long double moved = near_exclusions(view.begin_ms, j.settled_ms, coarse_ms);
      // Of ratios the time that was down stands there, to the millisecond.
      const auto down_ns = static_cast<long double>(view.totals.down_ms) * kNsPerMs;
      const long double good = by_events() ? static_cast<long double>(view.events->count.good)
                                           : w.good + w.bad - down_ns;
      const long double bad =
          by_events() ? static_cast<long double>(view.events->count.bad) : down_ns;
      const auto between = [&](long double got, long double least, long double most) {
        const long double rounded = by_events() ? 0 : kNsPerMs / 2;
        return got >= least - moved - rounded && got <= most + moved + rounded;
      };
      if (by_events() && !between(good, later.good, w.good)) {
        wrong(view.label + " good, coarse", good, w.good);
      }
      if (!between(bad, later.bad, w.bad)) wrong(view.label + " bad, coarse", bad, w.bad);
      w.good = good;
      w.bad = bad;
    }
    windows.push_back(w);
    if (&view == &j.window()) whole = w;
    const auto known = static_cast<long double>(w.known_ms);
    const auto all = known + static_cast<long double>(w.unknown_ms);
    const long double n = w.good + w.bad;
    same(view.label + " before", view.before_ms, w.before_ms);
    if (!by_events()) {
      const long double down = std::floor(w.bad / kNsPerMs + 0.5L);
      same(view.label + " down", view.totals.down_ms, down);
      same(view.label + " up", view.totals.up_ms, known - down);
      same(view.label + " unknown", view.totals.unknown_ms, w.unknown_ms);
      same(view.label + " excluded", view.totals.excluded_ms, w.excluded_ms);
      const auto over = [&](long double a, long double c) { return c > 0 ? a / c : nan; };
      close(view.label + " ratio", view.uptime.known, over(known - down, known));
      close(view.label + " low", view.uptime.low, over(known - down, all));
      close(view.label + " high", view.uptime.high, over(all - down, all));
      close(view.label + " coverage", view.uptime.coverage, over(known, all));
      close(view.label + " burn", view.burn, over(down, known) / b);
      continue;
    }
    same(view.label + " good", view.events->count.good, w.good);
    same(view.label + " bad", view.events->count.bad, w.bad);
    same(view.label + " known", view.events->known_ms, w.known_ms);
    same(view.label + " unknown", view.events->unknown_ms, w.unknown_ms);
    same(view.label + " excluded", view.events->excluded_ms, w.excluded_ms);
    close(view.label + " coverage", view.uptime.coverage, all > 0 ? known / all : nan);
    if (n > 0) {
      const long double unseen = n * static_cast<long double>(w.unknown_ms) / known;
      close(view.label + " ratio", view.uptime.known, w.good / n);
      close(view.label + " low", view.uptime.low, w.good / (n + unseen));
      close(view.label + " high", view.uptime.high, (w.good + unseen) / (n + unseen));
      close(view.label + " burn", view.burn, w.bad / n / b);
    } else if (w.known_ms > 0) {
      const bool good = spec_->no_events == NoEvents::kGood;
      close(view.label + " ratio", view.uptime.known, good ? 1 : nan);
      close(view.label + " burn", view.burn, good ? 0 : nan);
    }
  }
  if (!by_events()) {
    // Amounts were nanoseconds: from here on down time in whole milliseconds.
    whole.bad = std::floor(whole.bad / kNsPerMs + 0.5L);
    for (Window& w : windows) w.bad = std::floor(w.bad / kNsPerMs + 0.5L);
    return out + by_ratios(j, whole, windows);
  }

  // Budget and verdict, in events.
  const auto window_ms = static_cast<long double>(j.window().window_ms);
  const auto known = static_cast<long double>(whole.known_ms);
  const long double n = whole.good + whole.bad;
  const long double n_whole = n * window_ms / known;
  const long double unseen =
      n * static_cast<long double>(whole.unknown_ms + whole.before_ms) / known;
  if (known > 0) {
    close("budget", j.budget.total_events, b * n_whole);
    close("consumed", j.budget.consumed_events, whole.bad);
    close("remaining", j.budget.remaining_events, b * n_whole - whole.bad);
    if (n > 0) close("remaining ratio", j.budget.remaining_ratio, 1 - whole.bad / (b * n_whole));
  }
  Verdict verdict = Verdict::kUndetermined;
  // On the very edge rounding decides, here and not there.
  const auto edge = [&](long double bad) { return std::abs(bad - b * n_whole) < 1e-9L * n_whole; };
  if (known > 0 && n == 0 && whole.unknown_ms + whole.before_ms == 0) verdict = Verdict::kMet;
  if (n > 0 && whole.bad > b * n_whole) verdict = Verdict::kViolated;
  if (n > 0 && whole.bad + unseen <= b * n_whole) verdict = Verdict::kMet;
  if (j.verdict != verdict && !edge(whole.bad) && !edge(whole.bad + unseen)) {
    wrong("verdict", static_cast<int>(j.verdict), static_cast<int>(verdict));
  }

  const auto measured =
      static_cast<long double>(whole.known_ms + whole.unknown_ms + whole.excluded_ms);
  const long double now_unseen =
      known > 0 ? n * static_cast<long double>(whole.unknown_ms) / known : 0;
  const long double so_far = known > 0 ? b * n * measured / known : 0;
  const bool on_track = n == 0 ? whole.unknown_ms == 0 : whole.bad + now_unseen <= so_far;
  if (j.on_track != on_track && std::abs(whole.bad + now_unseen - so_far) > 1e-9L * so_far) {
    wrong("on track", j.on_track, on_track);
  }
  const long double left = n > 0 ? 1 - whole.bad / (b * n_whole) : 1;
  for (const WindowView& view : j.windows) {
    if (view.window_ms != kHourMs || known == 0) continue;
    const bool is_spent = left <= 0;
    if (std::abs(left) < 1e-9L) continue;
    close("exhaustion", j.exhaustion_seconds,
          is_spent         ? 0
          : view.burn == 0 ? HUGE_VALL
                           : left * window_ms / 1000 / view.burn);
  }

  for (std::size_t i = 0; i < j.alerts.size(); ++i) {
    const AlertRow& row = j.alerts[i].row;
    const Window& lasting = window_of(j, windows, row.long_ms, whole);
    const Window& recent = window_of(j, windows, row.short_ms, whole);
    const bool stale = recent.known_ms == 0 || recent.known_ms < recent.unknown_ms;
    if (j.alerts[i].reading.stale != stale) wrong("row stale", !stale, stale);
    if (stale) continue;
    // A period that has just begun says less of the traffic than the long window.
    const Window& basis = whole.known_ms < lasting.known_ms ? lasting : whole;
    const long double budget = b * (basis.good + basis.bad) *
                               static_cast<long double>(spec_->window_ms) /
                               static_cast<long double>(basis.known_ms);
    const long double lasts = static_cast<long double>(row.budget_ppm) * 1e-6L * budget;
    const long double recently =
        lasts * static_cast<long double>(row.short_ms) / static_cast<long double>(row.long_ms);
    const bool enough = spec_->min_failures <= 1 || recent.bad >= spec_->min_failures;
    const bool firing = enough && lasting.bad > lasts && recent.bad > recently;
    const bool on_edge =
        std::abs(lasting.bad - lasts) < 1e-9L || std::abs(recent.bad - recently) < 1e-9L;
    if (j.alerts[i].reading.firing != firing && !on_edge) wrong("row firing", !firing, firing);
    same("bad in short window", j.alerts[i].bad_events, recent.bad);
    close("row consumed", j.alerts[i].reading.budget_consumed,
          lasting.bad > 0 ? lasting.bad / budget : 0);
  }
  return out;
}

const EventRecount::Window& EventRecount::window_of(const Judgement& j,
                                                    const std::vector<Window>& windows,
                                                    std::int64_t length_ms, const Window& whole) {
  for (std::size_t w = 0; w < windows.size(); ++w) {
    if (j.windows[w].window_ms == length_ms) return windows[w];
  }
  return whole;
}

// Counters of time never go back: of a slice that came late only what is behind them. A restart or
// a late slice may cost each a part of a millisecond.
std::string EventRecount::counters_by_ratios(const Judgement& j) const {
  std::int64_t known_ms = 0;
  long double bad_ns = 0;
  for (const Slice& slice : slices_) {
    if (!slice.count) continue;
    const std::int64_t begin_ms = std::max(slice.begin_ms, slice.counted_ms);
    if (begin_ms >= slice.end_ms) continue;
    known_ms += slice.end_ms - begin_ms - covered(begin_ms, slice.end_ms, false);
    if (covered(slice.begin_ms, slice.begin_ms + 1, false) > 0 ||
        covered(slice.begin_ms, slice.begin_ms + 1, true) > 0) {
      continue;
    }
    const auto of = static_cast<long double>(slice.count->bad + slice.count->good);
    bad_ns += static_cast<long double>(slice.end_ms - begin_ms) * kNsPerMs *
              static_cast<long double>(slice.count->bad) / of;
  }
  const auto& counted = j.counters.state_ms;
  const std::int64_t excluded_ms = covered(since_ms_, j.settled_ms, false);
  std::string out;
  const auto same = [&](const char* what, std::int64_t got, std::int64_t want, std::int64_t off) {
    if (std::abs(got - want) <= off) return;
    out += std::string("counted ") + what + ": " + std::to_string(got) + ", recounted " +
           std::to_string(want) + "\n";
  };
  const auto slices = static_cast<std::int64_t>(slices_.size());
  // What was down in a slice that an exclusion cut off is counted once there is time for it.
  std::int64_t deferred_ms = 0;
  for (const Slice& slice : slices_) {
    if (covered(slice.begin_ms, slice.end_ms, false) > 0) {
      deferred_ms += slice.end_ms - slice.begin_ms;
    }
  }
  same("down", counted[1], static_cast<std::int64_t>(bad_ns / kNsPerMs),
       1 + slices / 10 + deferred_ms);
  same("known", counted[0] + counted[1], known_ms, 0);
  same("excluded", counted[3], excluded_ms, 0);
  same("unknown", counted[2], j.settled_ms - since_ms_ - known_ms - excluded_ms, 0);
  return out;
}

// The mean of the ratios of slices: what was down as time.
std::string EventRecount::by_ratios(const Judgement& j, const Window& whole,
                                    const std::vector<Window>& windows) const {
  std::string out = counters_by_ratios(j);
  const auto close = [&](const std::string& what, double got, long double want) {
    if (near(got, want)) return;
    out += what + ": " + std::to_string(got) + ", recounted " + std::to_string(want) + "\n";
  };
  const auto b = static_cast<long double>(spec_->objective.budget_ppb()) * 1e-9L;
  const long double allowed = b * static_cast<long double>(j.window().window_ms);
  close("budget", j.budget.total_seconds, allowed / 1000);
  close("consumed", j.budget.consumed_seconds, whole.bad / 1000);
  close("remaining", j.budget.remaining_seconds, (allowed - whole.bad) / 1000);
  close("remaining ratio", j.budget.remaining_ratio, 1 - whole.bad / allowed);
  const auto blind = static_cast<long double>(whole.unknown_ms + whole.before_ms);
  const Verdict verdict = whole.bad > allowed            ? Verdict::kViolated
                          : whole.bad + blind <= allowed ? Verdict::kMet
                                                         : Verdict::kUndetermined;
  const auto edge = [&](long double bad) { return std::abs(bad - allowed) < 1e-6L; };
  if (j.verdict != verdict && !edge(whole.bad) && !edge(whole.bad + blind)) {
    out += "verdict " + std::string(name(j.verdict)) + ", recounted " + std::string(name(verdict)) +
           "\n";
  }
  const auto now_blind = static_cast<long double>(whole.unknown_ms);
  const auto so_far =
      b * static_cast<long double>(whole.known_ms + whole.unknown_ms + whole.excluded_ms);
  const bool on_track = whole.bad + now_blind <= so_far;
  if (j.on_track != on_track && std::abs(whole.bad + now_blind - so_far) > 1e-6L) {
    out += "on track\n";
  }
  for (std::size_t w = 0; w < windows.size(); ++w) {
    if (j.windows[w].window_ms != kHourMs || edge(whole.bad)) continue;
    const long double left = allowed - whole.bad;
    const auto hour_known = static_cast<long double>(windows[w].known_ms);
    const long double rate = windows[w].bad / hour_known;  // nothing known: no number
    close("exhaustion", j.exhaustion_seconds,
          left <= 0   ? 0
          : rate == 0 ? HUGE_VALL
                      : left / 1000 / rate);
  }
  for (std::size_t i = 0; i < j.alerts.size(); ++i) {
    const AlertRow& row = j.alerts[i].row;
    const Window& lasting = window_of(j, windows, row.long_ms, whole);
    const Window& recent = window_of(j, windows, row.short_ms, whole);
    const bool stale = recent.known_ms == 0 || recent.known_ms < recent.unknown_ms;
    if (j.alerts[i].reading.stale != stale) out += "row stale\n";
    if (stale) continue;
    const long double share = static_cast<long double>(row.budget_ppm) * 1e-6L * b *
                              static_cast<long double>(spec_->window_ms);
    const long double going = recent.bad * static_cast<long double>(row.long_ms) /
                              static_cast<long double>(recent.known_ms);
    const bool firing = lasting.bad > share && going > share;
    const bool on_edge = std::abs(lasting.bad - share) < 1e-6L || std::abs(going - share) < 1e-6L;
    if (j.alerts[i].reading.firing != firing && !on_edge) out += "row firing\n";
    close("row consumed", j.alerts[i].reading.budget_consumed,
          lasting.bad / (b * static_cast<long double>(spec_->window_ms)));
    close("row burn", j.alerts[i].reading.long_burn,
          lasting.bad / static_cast<long double>(lasting.known_ms) / b);
  }
  return out;
}

}  // namespace slo::testing
