// GET /probe?target=…&module=…, blackbox_exporter's way: one attempt now, its result as metrics.
// Only configured modules, only targets that the module allows.
#pragma once

#include <functional>
#include <memory>

#include "app/config_probe_modules.h"
#include "exporter/http/response.h"
#include "exporter/http/server.h"
#include "exporter/probes/probe.h"

namespace app {

using ProbeOnce = std::function<exporter::Result<exporter::ProbeResult>(exporter::ProbeSpec spec)>;

// 400: a parameter is missing or wrong, or there is no such module. 403: the module does not allow
// the target. 503: too many attempts at once. Else 200, also when the target is down.
exporter::HttpResponse answer_probe(const exporter::HttpRequest& request,
                                    const ProbeModules& modules, const ProbeOnce& probe_once);

// What to probe, checked: the part of the above that the query decides.
exporter::Result<exporter::ProbeSpec> read_probe_query(const exporter::HttpRequest& request,
                                                       const ProbeModules& modules);

}  // namespace app
