// Rules in the names of other SLO generators, so that dashboards made for them go on working. The
// numbers come from fournines' own counters: a ratio is bad by all, never a mean of ratios, and is
// not undefined for ever after a quiet hour. They know no least number of failures. Pure.
#pragma once

#include "alerts/rule_file.h"
#include "slo/spec.h"

namespace alerts {

// Sloth: slo:sli_error:ratio_rate5m{sloth_id,sloth_service,sloth_slo,sloth_window} and so on, two
// alerts of one name; what its dashboards "SLO / Detail" and "High level Sloth SLOs" query.
RuleFile sloth_rules(const slo::SloSpec& spec);

// Pyrra: its generic rules (pyrra_availability, ...), its burn rates, and its four alerts with the
// windows that it scales to the objective's. Pyrra's rules are broken below a window of 7 d or so,
// where its shortest is no whole minute; no alerts then.
RuleFile pyrra_rules(const slo::SloSpec& spec);

}  // namespace alerts
