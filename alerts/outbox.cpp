#include "alerts/outbox.h"

#include <algorithm>

#include "alerts/outbox_rows.h"
#include "alerts/words.h"
#include "exporter/core/clock.h"

namespace alerts {
namespace {

using exporter::kNsPerMs;
using exporter::Moment;

constexpr std::int64_t kEvaluationMs = 1000;

std::int64_t boot_ms(const Moment& now) { return now.boot_ns / kNsPerMs; }
std::int64_t unix_ms(const Moment& now) { return now.real_ns / kNsPerMs; }

using Deliveries = std::map<std::string, Delivery>;

// Who was told before is known as such.
void keep_known(Deliveries& deliveries, const Deliveries& before) {
  for (auto& [url, delivery] : deliveries) {
    if (const auto it = before.find(url); it != before.end()) delivery = it->second;
  }
}

}  // namespace

bool Outbox::is_webhook(const std::string& member) const {
  return std::ranges::any_of(spec_.webhooks,
                             [&](const EndpointSpec& endpoint) { return endpoint.url == member; });
}

std::size_t Outbox::restore(const std::vector<slo::Document>& documents, const Moment& now) {
  std::size_t unreadable = 0;
  for (const slo::Document& document : documents) {
    if (document.collection != kCollection || !document.value) continue;
    auto row = row_from_json(*document.value, now);
    if (!row || identity(row->alert.labels) != document.key) {
      changed_.insert(document.key);
      ++unreadable;
      continue;
    }
    OutboxRow current = new_row(row->alert);
    keep_known(current.deliveries, row->deliveries);
    current.resolved_ms = row->resolved_ms;
    current.announced = row->announced;
    current.acknowledged_at_ms = row->acknowledged_at_ms;
    rows_.insert_or_assign(document.key, std::move(current));
  }
  return unreadable;
}

std::vector<Alert> Outbox::firing() const {
  std::vector<Alert> alerts;
  for (const auto& [key, row] : rows_) {
    if (row.alert.firing()) alerts.push_back(row.alert);
  }
  return alerts;
}

void Outbox::members_changed() {
  for (auto& [key, row] : rows_) {
    Deliveries deliveries = new_row(row.alert).deliveries;
    keep_known(deliveries, row.deliveries);
    row.deliveries = std::move(deliveries);
    changed_.insert(key);
  }
}

OutboxRow Outbox::new_row(const Alert& alert) const {
  OutboxRow row;
  row.alert = alert;
  for (const EndpointSpec& member : spec_.alertmanagers) row.deliveries[member.url];
  for (const EndpointSpec& member : spec_.webhooks) row.deliveries[member.url];
  return row;
}

bool Outbox::update(const std::vector<Alert>& alerts, const Moment& now) {
  news_.clear();
  for (const Alert& alert : alerts) {
    const std::string key = identity(alert.labels);
    auto it = rows_.find(key);
    const bool known = it != rows_.end() && it->second.alert.starts_at_ms == alert.starts_at_ms;
    if (!known && !alert.firing()) continue;
    if (!known) {
      if (it == rows_.end()) make_room();
      it = rows_.insert_or_assign(key, new_row(alert)).first;
      news_.push_back(key);
    } else if (!alert.firing() && it->second.alert.firing()) {
      it->second.resolved_ms = boot_ms(now);
      it->second.alert = alert;
      news_.push_back(key);
    } else if (alert.firing()) {
      it->second.alert = alert;
    }
  }
  changed_.insert(news_.begin(), news_.end());
  std::erase_if(rows_, [&](const auto& entry) {
    const bool done = is_done(entry.second, boot_ms(now));
    if (done) changed_.insert(entry.first);
    return done;
  });
  return !news_.empty();
}

// Only alerts that are over may go: what still fires is bounded by the number of objectives.
void Outbox::make_room() {
  if (rows_.size() < kMaxRows) return;
  auto oldest = rows_.end();
  for (auto it = rows_.begin(); it != rows_.end(); ++it) {
    if (it->second.alert.firing()) continue;
    if (oldest == rows_.end() || it->second.resolved_ms < oldest->second.resolved_ms) oldest = it;
  }
  if (oldest == rows_.end()) return;
  changed_.insert(oldest->first);
  rows_.erase(oldest);
  ++dropped_;
}

std::vector<slo::Document> Outbox::take_changes(const Moment& now) {
  std::vector<slo::Document> documents;
  for (const std::string& key : changed_) {
    slo::Document document{kCollection, key, std::nullopt};
    if (const auto it = rows_.find(key); it != rows_.end()) {
      document.value = row_to_json(it->second, now);
    }
    documents.push_back(std::move(document));
  }
  changed_.clear();
  return documents;
}

void Outbox::mark_unsaved() {
  for (const std::string& key : news_) {
    if (const auto it = rows_.find(key); it != rows_.end()) it->second.unsaved = true;
  }
}

void Outbox::saved() {
  for (auto& [key, row] : rows_) row.unsaved = false;
}

void Outbox::save_again() {
  for (const auto& [key, row] : rows_) {
    if (row.unsaved) changed_.insert(key);
  }
}

bool Outbox::as_active(const OutboxRow& row, const std::string& member,
                       const Delivery& delivery) const {
  if (row.alert.firing()) return true;
  return is_webhook(member) ? !delivery.active_since_ms : !row.announced;
}

bool Outbox::is_due(const OutboxRow& row, const std::string& member, const Delivery& delivery,
                    std::int64_t now_ms) const {
  const auto older_than_delay = [&](const std::optional<std::int64_t>& then) {
    return !then || now_ms - *then > spec_.resend_delay_ms;
  };
  if (delivery.refused_ms && !older_than_delay(delivery.refused_ms)) return false;
  if (is_webhook(member)) {
    return !delivery.active_since_ms || (!row.alert.firing() && !delivery.told_resolved);
  }
  if (as_active(row, member, delivery)) {
    return !delivery.active_since_ms || older_than_delay(delivery.taken_ms);
  }
  if (!delivery.told_resolved) return true;
  return now_ms - row.resolved_ms < spec_.resolved_retention_ms &&
         older_than_delay(delivery.taken_ms);
}

bool Outbox::is_done(const OutboxRow& row, std::int64_t now_ms) const {
  if (row.alert.firing() || now_ms - row.resolved_ms < spec_.resolved_retention_ms) return false;
  return std::ranges::all_of(row.deliveries,
                             [](const auto& entry) { return entry.second.told_resolved; });
}

std::vector<Message> Outbox::due(const std::string& member, const Moment& now,
                                 std::size_t limit) const {
  std::vector<Message> first;
  std::vector<Message> again;
  for (const auto& [key, row] : rows_) {
    const auto it = row.deliveries.find(member);
    if (it == row.deliveries.end() || !is_due(row, member, it->second, boot_ms(now))) {
      continue;
    }
    std::vector<Message>& queue = it->second.taken_ms ? again : first;
    if (queue.size() < limit) {
      queue.push_back(message_of(key, row, member, it->second, now));
    }
  }
  for (Message& message : again) {
    if (first.size() == limit) break;
    first.push_back(std::move(message));
  }
  return first;
}

Message Outbox::message_of(const std::string& key, const OutboxRow& row, const std::string& member,
                           const Delivery& delivery, const Moment& now) const {
  Message message{.key = key, .alert = row.alert, .as_active = as_active(row, member, delivery)};
  const std::int64_t active_ms = kEndsAfterResends * std::max(kEvaluationMs, spec_.resend_delay_ms);
  message.ends_at_ms = message.as_active ? unix_ms(now) + active_ms : row.alert.resolved_at_ms;
  // The wall clock may have been set back since, and an end before the start is refused.
  message.ends_at_ms = std::max(message.ends_at_ms, row.alert.starts_at_ms + 1);
  std::string note;
  const bool late = !row.alert.firing() && message.as_active &&
                    (!delivery.active_since_ms || *delivery.active_since_ms > row.resolved_ms);
  if (late) {
    note = "This is over: it lasted from " + utc_words(row.alert.starts_at_ms) + " to " +
           utc_words(row.alert.resolved_at_ms) +
           ". It comes late because nobody could be told before.";
  }
  if (row.unsaved) {
    if (!note.empty()) note += ' ';
    note += "It could not be saved to disk before it was sent.";
  }
  if (!note.empty()) message.alert.annotations["delivery"] = std::move(note);
  return message;
}

// nullptr when the row has meanwhile gone, or is about a later alert with the same labels.
OutboxRow* Outbox::row_of(const Message& message) {
  const auto it = rows_.find(message.key);
  if (it == rows_.end()) return nullptr;
  return it->second.alert.starts_at_ms == message.alert.starts_at_ms ? &it->second : nullptr;
}

void Outbox::taken(const std::string& member, const std::vector<Message>& messages,
                   const Moment& now) {
  for (const Message& message : messages) {
    OutboxRow* row = row_of(message);
    if (row == nullptr || !row->deliveries.contains(member)) continue;
    Delivery& delivery = row->deliveries[member];
    delivery.taken_ms = boot_ms(now);
    delivery.refused_ms.reset();
    if (!message.as_active) {
      delivery.told_resolved = true;
    } else if (!delivery.active_since_ms) {
      delivery.active_since_ms = boot_ms(now);
    } else if (!is_webhook(member) &&
               boot_ms(now) - *delivery.active_since_ms >= spec_.resend_delay_ms) {
      row->announced = true;
    }
    changed_.insert(message.key);
  }
}

void Outbox::refused(const std::string& member, const Message& message, const Moment& now) {
  OutboxRow* row = row_of(message);
  if (row == nullptr || !row->deliveries.contains(member)) return;
  Delivery& delivery = row->deliveries[member];
  delivery.refused_ms = boot_ms(now);
  // Nobody is helped by repeating for ever what is over and not wanted.
  if (!row->alert.firing()) delivery.told_resolved = true;
  changed_.insert(message.key);
}

void Outbox::failed(const std::string& member) {
  if (is_webhook(member)) return;
  for (auto& [key, row] : rows_) {
    const auto it = row.deliveries.find(member);
    if (it == row.deliveries.end() || !it->second.active_since_ms) continue;
    it->second.active_since_ms.reset();
    const bool somebody_knows = std::ranges::any_of(row.deliveries, [this](const auto& entry) {
      return !is_webhook(entry.first) &&
             (entry.second.active_since_ms || entry.second.told_resolved);
    });
    row.announced = row.announced && somebody_knows;
    changed_.insert(key);
  }
}

void Outbox::seen(const std::vector<AlertState>& states, const Moment& now) {
  attention_.silenced = 0;
  attention_.inhibited = 0;
  for (const AlertState& state : states) {
    const auto it = rows_.find(identity(state.labels));
    if (it == rows_.end() || !it->second.alert.firing()) continue;
    attention_.inhibited += state.inhibited ? 1 : 0;
    if (!state.silenced) continue;
    ++attention_.silenced;
    OutboxRow& row = it->second;
    if (row.acknowledged_at_ms != 0) continue;
    row.acknowledged_at_ms = std::max(unix_ms(now), row.alert.starts_at_ms);
    ++attention_.acknowledged;
    attention_.acknowledge_ms_sum += row.acknowledged_at_ms - row.alert.starts_at_ms;
    changed_.insert(it->first);
  }
}

std::size_t Outbox::undelivered() const {
  return static_cast<std::size_t>(std::ranges::count_if(rows_, [&](const auto& entry) {
    const OutboxRow& row = entry.second;
    return std::ranges::any_of(row.deliveries, [&](const auto& delivery) {
      return as_active(row, delivery.first, delivery.second) ? !delivery.second.active_since_ms
                                                             : !delivery.second.told_resolved;
    });
  }));
}

}  // namespace alerts
