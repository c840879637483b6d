// What Alertmanager is told: the vocabulary of this folder. An alert is identified by its labels
// alone, so they never hold a value, a time or a count; annotations may. Value types, any thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace alerts {

using Labels = std::map<std::string, std::string>;
using Annotations = std::map<std::string, std::string>;

struct Alert {
  Labels labels;
  Annotations annotations;
  std::int64_t starts_at_ms = 0;    // Unix; the moment it fired, constant from then on
  std::int64_t resolved_at_ms = 0;  // Unix; 0 while it fires
  std::string generator_url;

  bool firing() const { return resolved_at_ms == 0; }
  bool operator==(const Alert&) const = default;
};

// Labels as Alertmanager takes them: one bad label has a whole array of alerts answered with 400.
// Names become [a-zA-Z_][a-zA-Z0-9_]*, values valid UTF-8 of at most kMaxLabelValueBytes, empty
// values go. The same labels always become the same labels.
Labels clean_labels(const Labels& labels);

// {alertname="SLOBurnPage",service="shop"}: one text per identity, for keys and for the log.
std::string identity(const Labels& labels);

}  // namespace alerts
