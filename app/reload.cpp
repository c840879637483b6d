#include "app/reload.h"

#include "exporter/core/log.h"

namespace app {

using exporter::log;
using exporter::LogLevel;

Reload::Reload(std::string file, Judging& judging, OwnSeries& own)
    : file_(std::move(file)), judging_(judging), own_(own) {
  own_.set_config_loaded(true);
}

std::string Reload::load_and_apply() {
  ConfigErrors errors;
  const auto config = load_config_file(file_, errors);
  for (const std::string& line : errors.lines()) {
    log(LogLevel::kError, "configuration refused", {{"error", line}});
  }
  if (!config) {
    const std::size_t more = errors.lines().size() - 1;
    return errors.lines().front() + (more > 0 ? " (and " + std::to_string(more) + " more)" : "");
  }
  if (auto applied = judging_.apply(*config); !applied) {
    log(LogLevel::kError, "configuration refused", {{"error", applied.error().message}});
    return applied.error().message;
  }
  return {};
}

std::string Reload::run() {
  const std::lock_guard one(one_at_a_time_);
  std::string error = load_and_apply();
  own_.set_config_loaded(error.empty());
  if (error.empty()) {
    log(LogLevel::kInfo, "configuration loaded", {{"file", file_}});
  }
  const std::lock_guard guard(lock_);
  error_ = error;
  return error;
}

std::string Reload::error() const {
  const std::lock_guard guard(lock_);
  return error_;
}

}  // namespace app
