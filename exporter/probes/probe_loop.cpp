#include "exporter/probes/probe_loop.h"

#include <algorithm>
#include <utility>

namespace exporter {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kMaxWaitNs = std::int64_t{3600} * 1000 * kNsPerMs;

// What the prober's own trouble makes of a failure.
void doubt(ProbeResult& result, UnknownCause cause) {
  result.outcome = ProbeOutcome::kUnknown;
  result.cause = cause;
}

}  // namespace

ProbeLoop::Entry::Entry(ProbeSpec&& probe_spec, std::size_t index, std::int64_t now_ns,
                        CURLM* multi, const std::string& name_servers, const Clock& clock)
    : spec(std::move(probe_spec)),
      limit_ns(late_limit_ns(spec.interval_ms)),
      heartbeat_ns(
          std::max(std::min(limit_ns / 2, spec.effective_timeout_ms() * kNsPerMs / 4), kNsPerMs)),
      probe(spec, multi, name_servers, clock),
      schedule(now_ns, spec.interval_ms * kNsPerMs, index) {}

std::int64_t ProbeLoop::Entry::deadline_ns() const {
  return probe.deadline_ns() + std::min(away_ns, limit_ns);
}

void ProbeLoop::Entry::was_gone_for(std::int64_t gap_ns) {
  away_ns += std::max<std::int64_t>(gap_ns - heartbeat_ns, 0);
}

ProbeLoop::ProbeLoop(const Clock& clock, ProbeBoard& board, ProbeSink& sink,
                     const std::string& name_servers)
    : clock_(clock), board_(board), sink_(sink), name_servers_(name_servers) {
  static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (global == CURLE_OK) multi_.reset(curl_multi_init());
  if (multi_ == nullptr) return;
  // Attempts never share a connection.
  curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
}

ProbeLoop::~ProbeLoop() = default;

void ProbeLoop::set_probes(std::vector<ProbeSpec> specs) {
  const Moment now = clock_.now();
  std::vector<std::unique_ptr<Entry>> entries(specs.size());
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const auto same = std::ranges::find(specs, entries_[i]->spec);
    if (same != specs.end()) {
      entries[static_cast<std::size_t>(same - specs.begin())] = std::move(entries_[i]);
    } else {
      entries_[i]->probe.cancel(now);
      settle(i);
    }
  }
  board_.set_probes(specs);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (entries[i] == nullptr) {
      entries[i] = std::make_unique<Entry>(std::move(specs[i]), i, now.boot_ns, multi_.get(),
                                           name_servers_, clock_);
    }
  }
  entries_ = std::move(entries);
}

void ProbeLoop::turn() {
  const Moment now = clock_.now();
  const std::int64_t gap_ns = now.boot_ns - std::exchange(last_turn_ns_, now.boot_ns);
  for (const auto& entry : entries_) {
    if (entry->probe.running()) entry->was_gone_for(gap_ns);
  }

  int running = 0;
  curl_multi_perform(multi_.get(), &running);
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    HttpProbe::of(message->easy_handle).transfer_ended(code, clock_.now());
  }

  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = *entries_[i];
    entry.probe.step(now);
    if (entry.probe.running() && now.boot_ns >= entry.deadline_ns()) entry.probe.expire(now);
    settle(i);
    if (!entry.probe.running() && now.boot_ns >= entry.schedule.due_ns()) begin(i);
  }
}

void ProbeLoop::begin(std::size_t index) {
  Entry& entry = *entries_[index];
  const Moment now = clock_.now();
  const Schedule::Slot slot = entry.schedule.take(now.boot_ns);
  if (slot.missed > 0) board_.count_missed(index, slot.missed);
  entry.late_ns = slot.late_ns;
  entry.away_ns = 0;
  ++entry.seq;
  sink_.on_sent(entry.spec.id, entry.seq, now);
  entry.probe.start(now);
  settle(index);
}

void ProbeLoop::settle(std::size_t index) {
  Entry& entry = *entries_[index];
  std::optional<ProbeResult> result = entry.probe.take_result();
  if (!result) return;
  entry.was_gone_for(result->done.boot_ns - last_turn_ns_);  // inside this turn
  result->probe_id = entry.spec.id;
  result->seq = entry.seq;
  result->late_ns = entry.late_ns;
  if (result->outcome == ProbeOutcome::kGood && result->done.boot_ns > entry.deadline_ns()) {
    result->outcome = ProbeOutcome::kBad;
    result->phase = ProbePhase::kTimeout;
    result->reason = "the whole answer was there only after " +
                     std::to_string((result->done.boot_ns - result->sent.boot_ns) / kNsPerMs) +
                     " ms";
  }
  if (result->outcome == ProbeOutcome::kBad) {
    if (entry.away_ns > entry.limit_ns) {
      doubt(*result, UnknownCause::kStalled);
    } else if (entry.late_ns > entry.limit_ns) {
      doubt(*result, UnknownCause::kLate);
    }
  }
  board_.record(index, *result);
  sink_.on_result(*result);
}

void ProbeLoop::wait() {
  const Moment now = clock_.now();
  std::int64_t wake_ns = now.boot_ns + kMaxWaitNs;
  descriptors_.clear();
  for (const auto& entry : entries_) {
    if (!entry->probe.running()) {
      wake_ns = std::min(wake_ns, entry->schedule.due_ns());
      continue;
    }
    wake_ns = std::min({wake_ns, now.boot_ns + entry->heartbeat_ns, entry->deadline_ns(),
                        entry->probe.waits(now, descriptors_)});
  }
  curl_descriptors_.clear();
  for (const pollfd& descriptor : descriptors_) {
    curl_descriptors_.push_back({.fd = descriptor.fd, .events = descriptor.events, .revents = 0});
  }
  const std::int64_t wait_ns = std::max<std::int64_t>(wake_ns - now.boot_ns, 0);
  const auto wait_ms = static_cast<int>((wait_ns + kNsPerMs - 1) / kNsPerMs);
  curl_multi_poll(multi_.get(), curl_descriptors_.data(),
                  static_cast<unsigned>(curl_descriptors_.size()), wait_ms, nullptr);
}

void ProbeLoop::wake() { curl_multi_wakeup(multi_.get()); }

void ProbeLoop::cancel_all() {
  const Moment now = clock_.now();
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    entries_[i]->probe.cancel(now);
    settle(i);
  }
}

}  // namespace exporter
