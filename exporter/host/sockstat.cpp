// sockets: used 13
// TCP: inuse 1 orphan 0 tw 0 alloc 1 mem 65      mem is in pages
// FRAG6: inuse 0 memory 0                        memory is in bytes
#include "exporter/host/sockstat.h"

#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr Family kSockstat{"node_sockstat_", "This number of /proc/net/sockstat or sockstat6."};
constexpr Family kMemory{"node_sockstat_",
                         "Memory of the protocol's socket buffers.",
                         MetricType::kGauge,
                         {},
                         "_mem_bytes"};

class SockstatCollector final : public Collector {
 public:
  explicit SockstatCollector(const HostContext& context)
      : ipv4_(context.sockstat_file),
        ipv6_(context.sockstat6_file),
        page_bytes_(context.page_bytes) {}

  std::string_view name() const override { return "sockstat"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    const Result<void> ipv4 = collect_file(*ipv4_, scrape, out);
    const Result<void> ipv6 = collect_file(*ipv6_, scrape, out);
    const bool without_ipv6 = !ipv6 && ipv6.error().kind == ErrorKind::kNotFound;
    return !ipv4 || without_ipv6 ? ipv4 : ipv6;
  }

 private:
  Result<void> collect_file(SharedFile& file, const Scrape& scrape, SampleWriter& out) {
    const auto text = file.read(scrape);
    if (!text) return std::unexpected(text.error());
    LineErrors errors;
    parse_sockstat(*text, counts_, errors);
    for (const SocketCount& count : counts_) {
      out.named(kSockstat, {count.protocol, "_", count.name}, count.value);
      if (count.name == "mem") {
        out.named(kMemory, {count.protocol}, Number::product(count.value, page_bytes_));
      }
    }
    return errors.result(file.path());
  }

  const std::shared_ptr<SharedFile> ipv4_;
  const std::shared_ptr<SharedFile> ipv6_;
  std::uint64_t page_bytes_;
  std::vector<SocketCount> counts_;
};

}  // namespace

bool has_no_sockets(std::string_view sockstat, std::string_view protocol) {
  std::string_view line;
  while (next_line(sockstat, line)) {
    if (next_word(line) != protocol) continue;
    return next_word(line) == "inuse" && next_number<std::uint64_t>(line) == 0U;
  }
  return false;
}

void parse_sockstat(std::string_view text, std::vector<SocketCount>& counts, LineErrors& errors) {
  counts.clear();
  std::string_view line;
  while (next_line(text, line)) {
    std::string_view rest = line;
    std::string_view protocol = next_word(rest);
    const bool has_colon = protocol.ends_with(':');
    if (has_colon) protocol.remove_suffix(1);
    bool good = has_colon && !protocol.empty();
    while (good) {
      const std::string_view name = next_word(rest);
      if (name.empty()) break;
      const auto value = next_number<std::uint64_t>(rest);
      if (value) counts.push_back({protocol, name, *value});
      good = value.has_value();
    }
    if (!good) errors.add(line);
  }
}

CollectorRow sockstat_row() {
  return {"sockstat",
          true,
          "sockets in use (/proc/net/sockstat, sockstat6)",
          {},
          make_collector<SockstatCollector>};
}

}  // namespace exporter
