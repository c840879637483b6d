// The alert rules of configured objectives for a Prometheus that scrapes the daemon, with names,
// words and meaning of alerts/rules/slo.json and of the daemon's own alerts. Against the shipped
// file they know the objective: its thresholds are numbers, its own alert windows are used, its
// labels stand on its alerts, and its absence is an alert. They take that file's place. Pure.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "alerts/rule_file.h"
#include "alerts/spec.h"
#include "slo/spec.h"

namespace alerts {

using SloSpecs = std::vector<std::shared_ptr<const slo::SloSpec>>;

// <service>-<slo>: one objective as each instance by itself measures it.
RuleFile native_rules(const slo::SloSpec& spec, const AlertingSpec& alerting);

// fleet: every objective summed up over the instances that measure it. Its alerts speak where there
// is more than one.
RuleFile fleet_rules(const SloSpecs& specs, const AlertingSpec& alerting);

// website, or shop-website where service and name differ.
std::string rule_id(const slo::SloSpec& spec);

// The labels and annotations that the configuration puts on the alerts of an objective. Braces are
// kept from being read as a template: the daemon does not read them as one either.
// With a severity, those of its alerts of this severity, too.
Labels configured_labels(const slo::SloSpec& spec, std::optional<slo::Severity> severity = {});
Annotations configured_annotations(const slo::SloSpec& spec,
                                   std::optional<slo::Severity> severity = {});

}  // namespace alerts
