#include "exporter/containers/runtime_record.h"

#include <algorithm>
#include <chrono>

#include "exporter/core/scan.h"

namespace exporter {
namespace {

bool is_unknown(const ContainerIdentity& identity) {
  return identity.runtime == ContainerRuntime::kUnknown;
}

}  // namespace

std::shared_ptr<const RuntimeRecord> Roster::find(std::string_view id) const {
  const auto at = std::ranges::lower_bound(
      records, id, {}, [](const auto& record) { return std::string_view(record->facts.id); });
  return at != records.end() && (*at)->facts.id == id ? *at : nullptr;
}

std::string bounded(std::string_view text) {
  if (text.size() > kMaxFactBytes) {
    std::size_t end = kMaxFactBytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text = text.substr(0, end);
  }
  return std::string(text);
}

void add_label(RuntimeRecord& record, std::string_view label, std::string_view value) {
  ContainerIdentity& identity = record.facts.identity;
  if (label == "com.docker.compose.project") identity.compose_project = bounded(value);
  if (label == "com.docker.compose.service") identity.compose_service = bounded(value);
  if (label == "io.podman.compose.project") identity.compose_project = bounded(value);
  if (label == "io.podman.compose.service") identity.compose_service = bounded(value);
  if (label == "io.kubernetes.pod.namespace") identity.k8s_namespace = bounded(value);
  if (label == "io.kubernetes.pod.name") identity.k8s_pod = bounded(value);
  if (label == "io.kubernetes.container.name") identity.k8s_container = bounded(value);
  if (label == "io.kubernetes.pod.uid") record.pod_uid = bounded(value);
  if (label == "io.kubernetes.docker.type") record.sandbox = value == "podsandbox";
  if (label == "nerdctl/name") {
    identity.name = bounded(value);
    if (is_unknown(identity)) identity.runtime = ContainerRuntime::kContainerd;
  }
  ContainerLabels& labels = record.facts.labels;
  if (labels.size() == kMaxContainerLabels) return;
  const auto at = std::ranges::lower_bound(labels, label, {},
                                           [](const auto& l) { return std::string_view(l.first); });
  if (at != labels.end() && at->first == label) {
    at->second = bounded(value);
  } else {
    labels.insert(at, {bounded(label), bounded(value)});
  }
}

std::int64_t parse_time_ms(std::string_view text) {
  using std::chrono::day;
  using std::chrono::month;
  using std::chrono::sys_days;
  using std::chrono::year;
  // Digits at the front, then one of the separators.
  const auto take = [&text](std::string_view separators) -> int {
    const auto value = next_number<std::uint32_t>(text);
    if (!value || *value > 9999 ||
        (!separators.empty() &&
         (text.empty() || separators.find(text[0]) == std::string_view::npos))) {
      text = {};
      return -1;
    }
    if (!separators.empty()) text.remove_prefix(1);
    return static_cast<int>(*value);
  };
  const int y = take("-");
  const int m = take("-");
  const int d = take("Tt ");
  const int hours = take(":");
  const int minutes = take(":");
  const int seconds = take("");
  if (y < 1970 || m < 0 || d < 0 || hours < 0 || minutes < 0 || seconds < 0 || hours > 23 ||
      minutes > 59 || seconds > 60) {
    return 0;
  }
  const std::chrono::year_month_day date{year(y), month(static_cast<unsigned>(m)),
                                         day(static_cast<unsigned>(d))};
  if (!date.ok()) return 0;
  std::int64_t ms = 0;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    std::int64_t unit = 100;
    while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
      ms += (text[0] - '0') * unit;
      unit /= 10;
      text.remove_prefix(1);
    }
  }
  std::int64_t offset_minutes = 0;
  if (text.starts_with('+') || text.starts_with('-')) {
    const int sign = text[0] == '+' ? 1 : -1;
    text.remove_prefix(1);
    const int offset_hours = take(":");
    const int rest = take("");
    if (offset_hours < 0 || rest < 0 || offset_hours > 23 || rest > 59) return 0;
    offset_minutes = sign * (offset_hours * 60 + rest);
  } else if (text != "Z" && text != "z") {
    return 0;
  }
  const std::int64_t days = sys_days(date).time_since_epoch().count();
  const std::int64_t total = ((days * 24 + hours) * 60 + minutes - offset_minutes) * 60 + seconds;
  return std::max<std::int64_t>(0, total * 1000 + ms);
}

}  // namespace exporter
