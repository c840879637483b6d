// The daemon's log: one line per event on standard error, logfmt or JSON, through spdlog. Outside
// text in messages and fields is made printable here, so no raw line break or escape sequence gets
// out. Any thread, after start_log().
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace exporter {

enum class LogLevel { kDebug, kInfo, kWarn, kError };
enum class LogFormat { kLogfmt, kJson };

struct LogField {
  LogField(std::string_view field_key, std::string_view field_value)
      : key(field_key), value(field_value) {}
  LogField(std::string_view field_key, std::int64_t number)
      : key(field_key), value(std::to_string(number)) {}

  std::string_view key;
  std::string value;
};

// Once, at the start of main. Before it, log() writes logfmt at level info.
void start_log(LogLevel least, LogFormat format);

// message is a constant sentence of ours; what varies goes into fields.
void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

// What log() would write, without the time: for tests. No newline.
std::string format_log_line(LogFormat format, std::string_view time, LogLevel level,
                            std::string_view message, std::initializer_list<LogField> fields);

}  // namespace exporter
