// "0.25 0.30 0.28 1/123 4567": averages of 1, 5 and 15 minutes, runnable/all tasks, newest PID.
#include "exporter/host/loadavg.h"

#include "exporter/core/line_errors.h"
#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr Family kLoad1{"node_load1", "Load average over 1 minute."};
constexpr Family kLoad5{"node_load5", "Load average over 5 minutes."};
constexpr Family kLoad15{"node_load15", "Load average over 15 minutes."};

class LoadavgCollector final : public Collector {
 public:
  explicit LoadavgCollector(const HostContext& context)
      : file_(context.roots.procfs + "/loadavg") {}

  std::string_view name() const override { return "loadavg"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    const auto text = file_.read(scrape.buffer);
    if (!text) return std::unexpected(text.error());
    const auto averages = parse_loadavg(*text);
    if (!averages) {
      LineErrors errors;
      errors.add(trimmed(*text));
      return errors.result(file_.path());
    }
    out.family(kLoad1);
    out.add((*averages)[0]);
    out.family(kLoad5);
    out.add((*averages)[1]);
    out.family(kLoad15);
    out.add((*averages)[2]);
    return {};
  }

 private:
  KernelFile file_;
};

}  // namespace

std::optional<std::array<double, 3>> parse_loadavg(std::string_view text) {
  std::array<double, 3> averages{};
  for (double& average : averages) {
    const auto value = to_number<double>(next_word(text));
    if (!value) return std::nullopt;
    average = *value;
  }
  return averages;
}

CollectorRow loadavg_row() {
  return {"loadavg", true, "load averages (/proc/loadavg)", {}, make_collector<LoadavgCollector>};
}

}  // namespace exporter
