// What both halves of the OpenSLO reader share: documents by kind and name, and alert policies.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/import.h"
#include "app/yaml.h"

namespace app {

// Refers to the documents, which must outlive it.
class OpenSloReferences {
 public:
  explicit OpenSloReferences(const std::vector<YamlValue>& documents);

  // The spec of the document that `reference` names; a missing one is told.
  std::optional<YamlValue> spec_of(std::string_view kind, const YamlValue& reference) const;
  // The spec of a block that stands here (`inline_key`) or elsewhere (`reference_key`).
  std::optional<YamlValue> here_or_elsewhere(YamlMap& map, std::string_view inline_key,
                                             std::string_view reference_key,
                                             std::string_view kind) const;

 private:
  std::map<std::pair<std::string, std::string>, const YamlValue*> known_;
};

// The items of alertPolicies, policies or references to them.
void import_openslo_policies(const OpenSloReferences& references, const YamlValue& policies,
                             ImportedSlo& slo);

}  // namespace app
