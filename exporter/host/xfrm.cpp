// XfrmInNoStates                  0
#include "exporter/host/xfrm.h"

#include "exporter/host/name_values.h"

namespace exporter {
namespace {

constexpr Family kXfrm{"node_xfrm_",
                       "Packets that IPsec counted for this reason.",
                       MetricType::kCounter,
                       {},
                       "_packets_total"};

class XfrmCollector final : public Collector {
 public:
  explicit XfrmCollector(const HostContext& context)
      : file_(network_file(context.roots, "xfrm_stat")), lines_(NameFilter(), xfrm_name) {}

  std::string_view name() const override { return "xfrm"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    const auto text = file_.read(scrape.buffer);
    if (!text) return std::unexpected(text.error());
    LineErrors errors;
    lines_.parse(*text, values_, errors);
    for (const NameValue& line : values_) out.named(kXfrm, {line.name}, line.value);
    return errors.result(file_.path());
  }

 private:
  KernelFile file_;
  WantedLines lines_;
  std::vector<NameValue> values_;
};

}  // namespace

std::string xfrm_name(std::string_view name) {
  std::string snake;
  if (!name.starts_with("Xfrm")) return snake;
  for (const char c : name.substr(4)) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && !snake.empty()) snake += '_';
    snake += upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return snake;
}

CollectorRow xfrm_row() {
  return {
      "xfrm", false, "errors of IPsec (/proc/net/xfrm_stat)", {}, make_collector<XfrmCollector>};
}

}  // namespace exporter
