#include "slo/series_source.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace slo {
namespace {

// Nothing is due sooner than this; an idle source wakes as often.
constexpr std::int64_t kLongestSleepNs = 3'600'000'000'000;
// What waits for a judge that does not come; then the oldest is given up and the time is unknown.
constexpr std::size_t kMaxWaiting = 65'536;

}  // namespace

SeriesSource::SeriesSource(const exporter::Clock& clock, std::function<void(std::string&)> page,
                           std::function<void()> wake)
    : clock_(clock), page_(std::move(page)), wake_(std::move(wake)) {}

void SeriesSource::set(std::vector<Judged> judged) {
  const exporter::Moment now = clock_.now();
  {
    const std::lock_guard guard(lock_);
    std::vector<Entry> entries;
    for (Judged& one : judged) {
      const auto before = std::ranges::find_if(entries_, [&](const Entry& entry) {
        return entry.ids == one.ids && entry.meaning == one.meaning;
      });
      if (before != entries_.end()) {
        entries.push_back(std::move(*before));
        before->ids.clear();
        continue;
      }
      SeriesRule rule(std::move(one.spec));
      const std::int64_t due_ns = rule.due_ns(now.boot_ns);
      entries.push_back({std::move(one.ids), std::move(one.meaning), std::move(rule), due_ns});
    }
    entries_ = std::move(entries);
    is_changed_ = true;
  }
  changed_.notify_all();
}

void SeriesSource::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void SeriesSource::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void SeriesSource::run(const std::stop_token& stop) {
  std::unique_lock lock(lock_);
  while (!stop.stop_requested()) {
    const std::int64_t now_ns = clock_.now().boot_ns;
    std::int64_t due_ns = now_ns + kLongestSleepNs;
    for (const Entry& entry : entries_) due_ns = std::min(due_ns, entry.due_ns);
    if (due_ns > now_ns) {
      // A change of the entries wakes it, too.
      changed_.wait_for(lock, stop, std::chrono::nanoseconds(due_ns - now_ns),
                        [this] { return std::exchange(is_changed_, false); });
      if (clock_.now().boot_ns < due_ns) continue;
    }
    if (stop.stop_requested()) return;
    lock.unlock();
    text_.clear();
    page_(text_);
    const exporter::Moment now = clock_.now();
    lock.lock();
    evaluate(now);
    const bool any = !told_.empty();
    lock.unlock();
    if (any) wake_();
    lock.lock();
  }
}

void SeriesSource::evaluate(const exporter::Moment& now) {
  for (Entry& entry : entries_) {
    if (entry.due_ns > now.boot_ns) continue;
    for (const SliceEvent& event : entry.rule.evaluate(now.boot_ns, text_)) {
      for (const SloId id : entry.ids) told_.push_back({id, event});
    }
    entry.due_ns = entry.rule.due_ns(now.boot_ns);
  }
  if (told_.size() > kMaxWaiting) {
    told_.erase(told_.begin(), told_.end() - static_cast<std::ptrdiff_t>(kMaxWaiting));
  }
}

void SeriesSource::feed(Engine& engine, const exporter::Moment& now) {
  {
    const std::lock_guard guard(lock_);
    taken_.swap(told_);
  }
  for (const Told& told : taken_) {
    if (told.event.count) {
      engine.on_events(told.id,
                       {told.event.begin_boot_ns, told.event.end_boot_ns, *told.event.count}, now);
    } else if (told.event.state) {
      engine.on_sample(told.id, told.event.begin_boot_ns, *told.event.state, told.event.cause, now);
    } else {
      engine.on_sent(told.id, told.event.begin_boot_ns, now);
    }
  }
  taken_.clear();
}

std::map<SloId, std::string> SeriesSource::problems() const {
  const std::lock_guard guard(lock_);
  std::map<SloId, std::string> problems;
  for (const Entry& entry : entries_) {
    if (!entry.rule.problem().empty()) problems[entry.ids.front()] = entry.rule.problem();
  }
  return problems;
}

}  // namespace slo
