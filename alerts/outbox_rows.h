// An outbox row as a document of the store, JSON. Unix time, so that it survives a reboot. Times
// from a clock that was ahead are read as now. Any thread.
//
//   {"v":1,"labels":{"alertname":"SLOBurnPage",...},"annotations":{...},"generatorURL":"",
//    "startsAt":1764099986123,"resolvedAt":0,"announced":true,
//    "members":{"http://am-1:9093":{"taken":1764099986200,"activeSince":1764099986200,
//                                   "refused":null,"toldResolved":false}}}
#pragma once

#include <string>
#include <string_view>

#include "alerts/outbox.h"
#include "exporter/core/error.h"

namespace alerts {

std::string row_to_json(const OutboxRow& row, const exporter::Moment& now);
exporter::Result<OutboxRow> row_from_json(std::string_view text, const exporter::Moment& now);

}  // namespace alerts
