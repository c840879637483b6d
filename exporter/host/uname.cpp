#include "exporter/host/uname.h"

#include <system_error>

namespace exporter {
namespace {

constexpr Family kInfo{"node_uname_info",
                       "Names and version of the machine as uname(2) gives them; always 1.",
                       MetricType::kGauge,
                       {"domainname", "machine", "nodename", "release", "sysname", "version"}};

class UnameCollector final : public Collector {
 public:
  explicit UnameCollector(const HostContext& context) : uname_(context.uname) {}

  std::string_view name() const override { return "uname"; }

  Result<void> collect(const Scrape&, SampleWriter& out) override {
    utsname names{};
    if (const int error = uname_(names); error != 0) {
      return fail(ErrorKind::kIo, "uname: " + std::generic_category().message(error));
    }
    out.family(kInfo);
    out.add(1, names.domainname, names.machine, names.nodename, names.release, names.sysname,
            names.version);
    return {};
  }

 private:
  std::function<int(utsname&)> uname_;
};

}  // namespace

CollectorRow uname_row() {
  return {"uname",
          true,
          "names and version of the machine (uname)",
          {},
          make_collector<UnameCollector>};
}

}  // namespace exporter
