// A Prometheus-compatible query API as configured below `sources:`. Immutable once made.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "alerts/spec.h"

namespace app {

struct SourceSpec {
  std::string name;
  alerts::EndpointSpec endpoint;               // credentials by file, read at each request
  std::map<std::string, std::string> headers;  // "X-Scope-OrgID"; no secrets
  // Series it has as long as it takes samples: where none of them is fresh, it tells nothing.
  std::string alive = "up";
  std::int64_t timeout_ms = 10'000;           // one request in all
  std::int64_t backfill_ms = 7 * 86'400'000;  // how far back it is asked after a gap
  std::string text;                           // as written, defaults filled in, one line of YAML
  bool operator==(const SourceSpec&) const = default;
};

}  // namespace app
