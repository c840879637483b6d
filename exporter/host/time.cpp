// clocksource0/available_clocksource: "tsc kvm-clock \n", clocksource0/current_clocksource: "tsc\n"
#include "exporter/host/time.h"

#include <ctime>
#include <string>
#include <vector>

#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr Family kSeconds{"node_time_seconds", "Unix time of the machine when the scrape began."};
constexpr Family kZone{"node_time_zone_offset_seconds",
                       "Seconds that local time is ahead of UTC.",
                       MetricType::kGauge,
                       {"time_zone"}};
constexpr Family kAvailable{"node_time_clocksource_available_info",
                            "Clock sources that the kernel could use; always 1.",
                            MetricType::kGauge,
                            {"clocksource", "device"}};
constexpr Family kCurrent{"node_time_clocksource_current_info",
                          "Clock source that the kernel uses; always 1.",
                          MetricType::kGauge,
                          {"clocksource", "device"}};

struct ClockSource {
  std::string device;  // its ordinal number, not the name of its directory
  KernelFile available;
  KernelFile current;
};

class TimeCollector final : public Collector {
 public:
  explicit TimeCollector(const HostContext& context) {
    const std::string directory = context.roots.sysfs + "/devices/system/clocksource/";
    for (const std::string& entry : list_directory(directory)) {
      if (!entry.starts_with("clocksource")) continue;
      sources_.push_back({std::to_string(sources_.size()),
                          KernelFile(directory + entry + "/available_clocksource"),
                          KernelFile(directory + entry + "/current_clocksource")});
    }
  }

  std::string_view name() const override { return "time"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    const std::int64_t unix_ns = scrape.now.real_ns;
    out.family(kSeconds);
    out.add(Number::fixed(static_cast<std::uint64_t>(unix_ns) / 1000, 6));
    const std::time_t seconds = unix_ns / 1'000'000'000;
    std::tm local{};
    if (::localtime_r(&seconds, &local) != nullptr) {
      out.family(kZone);
      out.add(local.tm_gmtoff, local.tm_zone);
    }
    Result<void> result;
    write_sources(kAvailable, &ClockSource::available, scrape, out, result);
    write_sources(kCurrent, &ClockSource::current, scrape, out, result);
    return result;
  }

 private:
  void write_sources(const Family& family, KernelFile ClockSource::* file, const Scrape& scrape,
                     SampleWriter& out, Result<void>& result) {
    out.family(family);
    for (ClockSource& source : sources_) {
      const auto text = (source.*file).read(scrape.buffer);
      if (!text) {
        if (result) result = std::unexpected(text.error());
        continue;
      }
      std::string_view rest = trimmed(*text);
      while (!rest.empty()) {
        out.add(1, next_word(rest), source.device);
        skip_blanks(rest);
      }
    }
  }

  std::vector<ClockSource> sources_;
};

}  // namespace

CollectorRow time_row() {
  return {"time", true, "wall clock, time zone, clock sources", {}, make_collector<TimeCollector>};
}

}  // namespace exporter
