#include "exporter/core/family_table.h"

#include <utility>

#include "exporter/core/text.h"

namespace exporter {

const Family* FamilyTable::get(std::string_view name, const Family& like) {
  if (const auto known = entries_.find(name); known != entries_.end()) {
    const Family& family = known->second->family;
    return family.label_count() == like.label_count() ? &family : nullptr;
  }
  if (entries_.size() >= kMaxFamilies) return nullptr;
  std::string clean;
  append_metric_name(clean, name);
  if (clean != name) return get(clean, like);
  auto entry = std::make_unique<Entry>();
  entry->name = std::move(clean);
  entry->family = like;
  entry->family.name = entry->name;
  return &entries_.emplace(entry->name, std::move(entry)).first->second->family;
}

}  // namespace exporter
