// Configuration keys of the kinds of probes, each below `probe:` of an objective or a module:
// http, tcp, tls, unix, icmp, dns, exec, process, systemd, container.
#pragma once

#include <optional>
#include <string>

#include "app/yaml.h"
#include "exporter/probes/target.h"

namespace app {

// Takes the one key that says the kind and all keys of that kind; errors are told. Nothing when
// there is no kind, or two.
std::optional<exporter::ProbeTarget> read_probe_kind(YamlMap& map);

// The same for a module, where `kind` names the kind and the target comes later (set_target).
std::optional<exporter::ProbeTarget> read_module_kind(YamlMap& map);

// A URL alone: an HTTP probe.
std::optional<exporter::ProbeTarget> read_probe_url(const YamlValue& value);

// Puts the target of a module's query in: a URL for http, host:port for tcp and tls, a host for
// icmp, a name server for dns. kInvalid for kinds without a target from outside.
exporter::Result<void> set_target(exporter::ProbeTarget& target, const std::string& text);

}  // namespace app
