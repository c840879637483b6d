#include "exporter/core/name_filter.h"

#include <re2/re2.h>

namespace exporter {
namespace {

Result<std::shared_ptr<const re2::RE2>> compile(const std::string& pattern) {
  if (pattern.empty()) return nullptr;
  auto regex = std::make_shared<const re2::RE2>(pattern, re2::RE2::Quiet);
  if (!regex->ok()) {
    return fail(ErrorKind::kInvalid, "bad regular expression '" + pattern + "': " + regex->error());
  }
  return regex;
}

}  // namespace

Result<NameFilter> NameFilter::make(const std::string& include, const std::string& exclude) {
  NameFilter filter;
  auto included = compile(include);
  if (!included) return std::unexpected(included.error());
  auto excluded = compile(exclude);
  if (!excluded) return std::unexpected(excluded.error());
  filter.include_ = std::move(*included);
  filter.exclude_ = std::move(*excluded);
  return filter;
}

bool NameFilter::passes(std::string_view name) const {
  const re2::StringPiece text(name.data(), name.size());
  if (include_ && !re2::RE2::PartialMatch(text, *include_)) return false;
  return !(exclude_ && re2::RE2::PartialMatch(text, *exclude_));
}

bool OrderedFilter::passes(std::string_view name) {
  if (next_ < verdicts_.size() && verdicts_[next_].name == name) return verdicts_[next_++].passes;
  verdicts_.resize(next_);
  verdicts_.push_back({std::string(name), filter_.passes(name)});
  return verdicts_[next_++].passes;
}

}  // namespace exporter
