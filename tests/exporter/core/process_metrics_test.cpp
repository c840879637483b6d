#include "exporter/core/process_metrics.h"

#include <fcntl.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <optional>
#include <string>

#include "tests/support/doctest.h"

namespace exporter {
namespace {

std::size_t listed_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    ++count;
  }
  return count - 1;  // the one it was listed with
}

std::optional<double> value_of(ProcessMetrics& metrics, std::string_view family) {
  ReadBuffer buffer;
  SampleBlock block;
  SampleWriter writer(block);
  metrics.write(Scrape{1, {}, buffer, {}}, writer);
  writer.finish();
  std::string text;
  block.render_text(text);
  const std::string start = "\n" + std::string(family) + " ";
  const std::size_t at = text.find(start);
  if (at == std::string::npos) return std::nullopt;
  double value = 0;
  std::from_chars(text.data() + at + start.size(), text.data() + text.size(), value);
  return value;
}

bool counts_all_descriptors(ProcessMetrics& metrics) {
  const auto shown = value_of(metrics, "process_open_fds");
  return shown == static_cast<double>(listed_descriptors());
}

TEST_CASE("open descriptors are those in /proc/self/fd, also when some come and go") {
  ProcessMetrics metrics;
  CHECK(counts_all_descriptors(metrics));
  std::array<FileDescriptor, 3> more;
  for (FileDescriptor& fd : more) fd.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  CHECK(counts_all_descriptors(metrics));
  for (FileDescriptor& fd : more) fd.reset();
  CHECK(counts_all_descriptors(metrics));
}

TEST_CASE("every family of a Prometheus client library is there and has a sensible value") {
  ProcessMetrics metrics;
  CHECK(value_of(metrics, "process_cpu_seconds_total") > 0);
  CHECK(value_of(metrics, "process_resident_memory_bytes") > 100'000);
  CHECK(value_of(metrics, "process_virtual_memory_bytes") >
        value_of(metrics, "process_resident_memory_bytes"));
  CHECK(value_of(metrics, "process_max_fds") >= value_of(metrics, "process_open_fds"));
  CHECK(value_of(metrics, "process_virtual_memory_max_bytes").has_value());
  CHECK(value_of(metrics, "process_start_time_seconds").has_value());
}

}  // namespace
}  // namespace exporter
