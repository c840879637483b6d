// logfmt: time=2026-11-25T19:46:26.123Z level=info msg="listening" address=127.0.0.1:9999
// JSON:
// {"time":"2026-11-25T19:46:26.123Z","level":"info","msg":"listening","address":"127.0.0.1:9999"}
#include "exporter/core/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <ctime>
#include <memory>

#include "exporter/core/text.h"

namespace exporter {
namespace {

constexpr std::size_t kMaxFieldBytes = 1024;

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return spdlog::level::debug;
    case LogLevel::kInfo: return spdlog::level::info;
    case LogLevel::kWarn: return spdlog::level::warn;
    case LogLevel::kError: return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return "debug";
    case LogLevel::kInfo: return "info";
    case LogLevel::kWarn: return "warn";
    case LogLevel::kError: return "error";
  }
  return "info";
}

struct Log {
  std::shared_ptr<spdlog::logger> logger;
  LogFormat format = LogFormat::kLogfmt;
};

Log make_log(LogLevel least, LogFormat format) {
  Log made{std::make_shared<spdlog::logger>("fournines",
                                            std::make_shared<spdlog::sinks::stderr_sink_mt>()),
           format};
  made.logger->set_pattern("%v");
  made.logger->set_level(spdlog_level(least));
  made.logger->flush_on(spdlog::level::debug);
  return made;
}

Log& the_log() {
  static Log instance = make_log(LogLevel::kInfo, LogFormat::kLogfmt);
  return instance;
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : printable(text, kMaxFieldBytes)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

// A logfmt value needs quotes when it has a space, a quote, an equals sign or something
// unprintable.
void append_logfmt_value(std::string& out, std::string_view text) {
  bool plain = !text.empty();
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    plain = plain && byte > 0x20 && byte < 0x7F && c != '"' && c != '=' && c != '\\';
  }
  if (plain && text.size() <= kMaxFieldBytes) {
    out += text;
  } else {
    append_quoted(out, text);
  }
}

std::string now_text() {
  using namespace std::chrono;
  const auto now = system_clock::now();
  const std::time_t seconds = system_clock::to_time_t(now);
  const auto ms = duration_cast<milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char date[32];
  const std::size_t length = std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
  std::string out(date, length);
  out += '.';
  out += static_cast<char>('0' + ms / 100);
  out += static_cast<char>('0' + ms / 10 % 10);
  out += static_cast<char>('0' + ms % 10);
  out += 'Z';
  return out;
}

}  // namespace

std::string format_log_line(LogFormat format, std::string_view time, LogLevel level,
                            std::string_view message, std::initializer_list<LogField> fields) {
  std::string line;
  if (format == LogFormat::kLogfmt) {
    line.append("time=").append(time).append(" level=").append(level_name(level)).append(" msg=");
    append_quoted(line, message);
    for (const LogField& field : fields) {
      line.append(" ").append(field.key).append("=");
      append_logfmt_value(line, field.value);
    }
    return line;
  }
  line.append("{\"time\":\"").append(time).append("\",\"level\":\"").append(level_name(level));
  line.append("\",\"msg\":");
  append_quoted(line, message);
  for (const LogField& field : fields) {
    line.append(",\"").append(field.key).append("\":");
    append_quoted(line, field.value);
  }
  line += '}';
  return line;
}

void start_log(LogLevel least, LogFormat format) { the_log() = make_log(least, format); }

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  Log& target = the_log();
  const auto spd_level = spdlog_level(level);
  if (!target.logger->should_log(spd_level)) return;
  const std::string line = format_log_line(target.format, now_text(), level, message, fields);
  target.logger->log(spd_level, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace exporter
