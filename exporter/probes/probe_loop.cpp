#include "exporter/probes/probe_loop.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "exporter/core/clock.h"
#include "exporter/probes/http_probe.h"

namespace exporter {
namespace {

constexpr std::int64_t kMaxWaitNs = std::int64_t{3600} * 1000 * kNsPerMs;

// What the prober's own trouble makes of a failure.
void doubt(ProbeResult& result, UnknownCause cause) {
  result.outcome = ProbeOutcome::kUnknown;
  result.cause = cause;
}

}  // namespace

ProbeLoop::Entry::Entry(ProbeSpec&& probe_spec, std::size_t index, std::int64_t now_ns,
                        ProbeTools& tools)
    : spec(std::move(probe_spec)),
      limit_ns(late_limit_ns(spec.interval_ms)),
      heartbeat_ns(
          std::max(std::min(limit_ns / 2, spec.effective_timeout_ms() * kNsPerMs / 4), kNsPerMs)),
      prober(make_prober(spec, tools)),
      schedule(now_ns, spec.interval_ms * kNsPerMs, index) {}

std::int64_t ProbeLoop::Entry::deadline_ns() const {
  return prober->deadline_ns() + std::min(away_ns, limit_ns);
}

std::int64_t ProbeLoop::Entry::next_ns() const {
  return prober->running() ? std::min(deadline_ns(), prober->wake_ns()) : due_ns();
}

void ProbeLoop::Entry::was_gone_for(std::int64_t gap_ns) {
  away_ns += std::max<std::int64_t>(gap_ns - heartbeat_ns, 0);
}

ProbeLoop::ProbeLoop(const Clock& clock, ProbeBoard& board, ProbeSink& sink,
                     std::string name_servers, LocalCheck local_check)
    : clock_(clock),
      board_(board),
      sink_(sink),
      multi_([] {
        static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
        return global == CURLE_OK ? curl_multi_init() : nullptr;
      }()),
      tools_{.clock = clock,
             .reactor = reactor_,
             .multi = multi_.get(),
             .name_servers = std::move(name_servers),
             .local = LocalWorker(std::move(local_check))},
      echo_(reactor_,
            [this](const Gateway& gateway) { network_.gateway_answered(gateway, clock_.now()); }),
      network_({.gateway_towards = [](const Address& to) { return gateway_towards(to); },
                .neighbour_state = [](const Gateway& gateway) { return neighbour_state(gateway); },
                .ask = [this](const Gateway& gateway) { return echo_.ask(gateway); }}) {
  if (multi_ == nullptr) return;
  // Attempts never share a connection.
  curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &ProbeLoop::on_curl_socket);
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &ProbeLoop::on_curl_timer);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
}

ProbeLoop::~ProbeLoop() = default;

void ProbeLoop::set_probes(std::vector<ProbeSpec> specs) {
  const Moment now = clock_.now();
  std::unordered_map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < specs.size(); ++i) places.emplace(specs[i].name, i);
  std::vector<std::unique_ptr<Entry>> kept(specs.size());
  for (auto& [slot, result] : network_.take_all()) deliver(slot, result);
  for (std::size_t i = 0; i < regular_; ++i) {
    const auto place = places.find(entries_[i]->spec.name);
    if (place != places.end() && specs[place->second] == entries_[i]->spec) {
      kept[place->second] = std::move(entries_[i]);
    } else {
      entries_[i]->prober->cancel(now);
      settle(i);
      entries_[i].reset();
    }
  }
  network_.forget_hosts();
  board_.set_probes(specs);
  std::vector<std::unique_ptr<Entry>> once;
  for (std::size_t i = regular_; i < entries_.size(); ++i) once.push_back(std::move(entries_[i]));
  entries_.clear();
  timers_.clear();
  tools_.touched.clear();
  regular_ = specs.size();
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (kept[i] == nullptr) {
      kept[i] = std::make_unique<Entry>(std::move(specs[i]), i, now.boot_ns, tools_);
    }
    add(std::move(kept[i]));
  }
  for (auto& entry : once) add(std::move(entry));
}

std::size_t ProbeLoop::add(std::unique_ptr<Entry> entry) {
  const std::size_t slot = entries_.size();
  entry->prober->slot = slot;
  entry->timer_ns = entry->next_ns();
  timers_.emplace(entry->timer_ns, slot);
  if (slot == 0) shortest_heartbeat_ns_ = INT64_MAX;
  shortest_heartbeat_ns_ = std::min(shortest_heartbeat_ns_, entry->heartbeat_ns);
  entries_.push_back(std::move(entry));
  return slot;
}

void ProbeLoop::probe_once(ProbeSpec spec, Taker taker) {
  auto entry = std::make_unique<Entry>(std::move(spec), 0, clock_.now().boot_ns, tools_);
  entry->taker = std::move(taker);
  begin(add(std::move(entry)));
}

void ProbeLoop::remove_once(std::size_t slot) {
  const std::size_t last = entries_.size() - 1;
  timers_.erase({entries_[slot]->timer_ns, slot});
  if (slot != last) {
    timers_.erase({entries_[last]->timer_ns, last});
    entries_[slot] = std::move(entries_[last]);
    entries_[slot]->prober->slot = slot;
    timers_.emplace(entries_[slot]->timer_ns, slot);
    for (std::size_t& touched : tools_.touched) {
      if (touched == last) touched = slot;
    }
  }
  entries_.pop_back();
}

void ProbeLoop::set_timer(std::size_t slot) {
  Entry& entry = *entries_[slot];
  const std::int64_t next_ns = entry.next_ns();
  if (next_ns == entry.timer_ns) return;
  auto node = timers_.extract({entry.timer_ns, slot});
  node.value().first = entry.timer_ns = next_ns;
  timers_.insert(std::move(node));
}

void ProbeLoop::turn() {
  const Moment now = clock_.now();
  const std::int64_t gap_ns = now.boot_ns - std::exchange(last_turn_ns_, now.boot_ns);
  if (running_ > 0 && gap_ns > shortest_heartbeat_ns_) {
    for (const auto& entry : entries_) {
      if (entry->prober->running()) entry->was_gone_for(gap_ns);
    }
  }
  reactor_.dispatch();
  drive_curl(now);
  settle_touched();
  run_timers(now);
  drive_curl(clock_.now());
  settle_touched();
  for (auto& [slot, result] : network_.take_decided(clock_.now())) deliver(slot, result);
}

int ProbeLoop::on_curl_socket(CURL* easy, curl_socket_t fd, int what, void* self, void*) {
  auto* loop = static_cast<ProbeLoop*>(self);
  HttpProbe* const probe = HttpProbe::of(easy);
  if (probe != nullptr) probe->set_watched(fd, what != CURL_POLL_REMOVE);
  if (what == CURL_POLL_REMOVE) {
    loop->reactor_.forget(fd);
    return 0;
  }
  const std::uint32_t events =
      ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U) | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
  return loop->reactor_.watch(fd, events, *loop) ? 0 : -1;
}

int ProbeLoop::on_curl_timer(CURLM*, long timeout_ms, void* self) {
  auto* loop = static_cast<ProbeLoop*>(self);
  loop->curl_due_ns_ =
      timeout_ms < 0 ? INT64_MAX : loop->clock_.now().boot_ns + timeout_ms * kNsPerMs;
  return 0;
}

void ProbeLoop::ready(int fd, std::uint32_t events) {
  const int what = ((events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                   ((events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                   ((events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
  act_curl(fd, what);
}

void ProbeLoop::act_curl(curl_socket_t fd, int what) {
  tools_.connecting.clear();
  int running = 0;
  curl_multi_socket_action(multi_.get(), fd, what, &running);
  for (HttpProbe* probe : std::exchange(tools_.connecting, {})) probe->look_at_next_address();
}

void ProbeLoop::drive_curl(const Moment& now) {
  // A timer that libcurl sets anew for now is served at once, but not for ever.
  for (int i = 0; i < 4 && now.boot_ns >= curl_due_ns_; ++i) {
    curl_due_ns_ = INT64_MAX;
    act_curl(CURL_SOCKET_TIMEOUT, 0);
  }
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    HttpProbe& probe = *HttpProbe::of(message->easy_handle);
    probe.transfer_ended(code, clock_.now());
    tools_.touched.push_back(probe.slot);
  }
}

void ProbeLoop::settle_touched() {
  // Settling may begin the next attempt of nobody, but end single ones: slots change then.
  for (std::size_t i = 0; i < tools_.touched.size(); ++i) {
    const std::size_t slot = tools_.touched[i];
    if (slot >= entries_.size()) continue;
    settle(slot);
    if (slot < entries_.size()) set_timer(slot);
  }
  tools_.touched.clear();
}

void ProbeLoop::run_timers(const Moment& now) {
  due_.clear();
  for (auto timer = timers_.begin(); timer != timers_.end() && timer->first <= now.boot_ns;
       ++timer) {
    due_.push_back(timer->second);
  }
  // Single attempts stand last, and one that ends takes another's place.
  std::ranges::sort(due_, std::greater<>());
  for (const std::size_t slot : due_) {
    Entry& entry = *entries_[slot];
    if (entry.prober->running()) {
      if (now.boot_ns >= entry.deadline_ns()) {
        entry.prober->expire(now);
      } else if (now.boot_ns >= entry.prober->wake_ns()) {
        entry.prober->step(now);
      }
      const bool once = static_cast<bool>(entry.taker);
      settle(slot);
      if (once && (slot >= entries_.size() || entries_[slot].get() != &entry)) continue;
    }
    if (!entry.prober->running() && !entry.taker && now.boot_ns >= entry.due_ns()) begin(slot);
    if (slot < entries_.size()) set_timer(slot);
  }
}

void ProbeLoop::begin(std::size_t slot) {
  Entry& entry = *entries_[slot];
  const Moment now = clock_.now();
  entry.confirming = now.boot_ns < entry.schedule.due_ns();
  if (entry.confirming) {
    entry.late_ns = now.boot_ns - entry.confirm_ns;
  } else {
    const Schedule::Slot taken = entry.schedule.take(now.boot_ns);
    if (taken.missed > 0 && !entry.taker) board_.count_missed(slot, taken.missed);
    entry.late_ns = taken.late_ns;
  }
  entry.confirm_ns = INT64_MAX;
  entry.away_ns = 0;
  ++entry.seq;
  ++running_;
  if (!entry.taker) sink_.on_sent(entry.spec.id, entry.seq, now);
  entry.prober->start(now);
  settle(slot);
  if (slot < entries_.size()) set_timer(slot);
}

void ProbeLoop::doubt_late(Entry& entry, ProbeResult& result) const {
  entry.was_gone_for(result.done.boot_ns - last_turn_ns_);  // inside this turn
  if (result.outcome == ProbeOutcome::kGood && result.done.boot_ns > entry.deadline_ns()) {
    result.outcome = ProbeOutcome::kBad;
    result.phase = ProbePhase::kTimeout;
    result.reason = "the whole answer was there only after " +
                    std::to_string((result.done.boot_ns - result.sent.boot_ns) / kNsPerMs) + " ms";
  }
  if (result.outcome != ProbeOutcome::kBad) return;
  if (entry.away_ns > entry.limit_ns) {
    doubt(result, UnknownCause::kStalled);
  } else if (entry.late_ns > entry.limit_ns) {
    doubt(result, UnknownCause::kLate);
  }
}

void ProbeLoop::settle(std::size_t slot) {
  Entry& entry = *entries_[slot];
  std::optional<ProbeResult> result = entry.prober->take_result();
  if (!result) return;
  --running_;
  result->probe_id = entry.spec.id;
  result->seq = entry.seq;
  result->late_ns = entry.late_ns;
  result->confirming = entry.confirming;
  doubt_late(entry, *result);
  if (entry.taker) {
    const Taker taker = std::move(entry.taker);
    remove_once(slot);
    taker(*result);
    return;
  }
  // Of short intervals an attempt may outlast several. None that ends in time makes the next late.
  if (entry.spec.effective_timeout_ms() >= entry.spec.interval_ms) {
    entry.schedule.pass(result->done.boot_ns);
  }
  if (entry.spec.confirm_ms > 0 && result->outcome == ProbeOutcome::kBad) {
    const std::int64_t again_ns =
        std::max(result->done.boot_ns, result->sent.boot_ns + entry.spec.confirm_ms * kNsPerMs);
    const std::int64_t end_ns = again_ns + entry.spec.effective_timeout_ms() * kNsPerMs;
    if (end_ns <= entry.schedule.due_ns()) entry.confirm_ns = again_ns;
  }
  // The judge waits for it as long as a sample may hold.
  const std::int64_t until_ns =
      result->sent.boot_ns + entry.spec.hold_ms() * kNsPerMs - entry.limit_ns;
  if (!network_.keep(slot, *result, until_ns, clock_.now())) deliver(slot, *result);
}

void ProbeLoop::deliver(std::size_t slot, const ProbeResult& result) {
  board_.record(slot, result);
  sink_.on_result(result);
}

void ProbeLoop::wait() {
  const Moment now = clock_.now();
  std::int64_t wake_ns = std::min({now.boot_ns + kMaxWaitNs, curl_due_ns_, network_.wake_ns()});
  if (!timers_.empty()) wake_ns = std::min(wake_ns, timers_.begin()->first);
  if (running_ > 0) wake_ns = std::min(wake_ns, now.boot_ns + shortest_heartbeat_ns_);
  reactor_.wait(wake_ns - now.boot_ns);
}

void ProbeLoop::cancel_all() {
  const Moment now = clock_.now();
  for (std::size_t i = entries_.size(); i-- > 0;) {
    entries_[i]->prober->cancel(now);
    settle(i);
  }
  for (auto& [slot, result] : network_.take_all()) deliver(slot, result);
}

}  // namespace exporter
