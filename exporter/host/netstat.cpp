// net/netstat, net/snmp:   Tcp: RtoAlgorithm ... MaxConn ActiveOpens ...
//                          Tcp: 1 ... -1 40 ...
// net/snmp6:               Ip6InReceives                      15
#include "exporter/host/netstat.h"

#include <algorithm>

#include "exporter/core/scan.h"
#include "exporter/host/options.h"

namespace exporter {
namespace {

constexpr Family kNetstat{"node_netstat_", "This counter of /proc/net/netstat, snmp or snmp6.",
                          MetricType::kUntyped};

// Takes count fields off a line. Byte by byte: most fields are one digit, too short for memchr.
void skip_fields(std::string_view& line, std::size_t count) {
  std::size_t at = 0;
  while (count > 0 && at < line.size()) count -= line[at++] == ' ' ? 1 : 0;
  line.remove_prefix(at);
}

constexpr CollectorOption kOptions[] = {
    {"netstat.fields",
     "^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)|"
     "TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)|"
     "Tcp_(ActiveOpens|InSegs|MaxConn|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)|"
     "Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$",
     "counters to report, as Protocol_Name"},
};

// Takes the next field off a line whose fields have one space between them.
std::string_view next_field(std::string_view& line) {
  const std::size_t space = std::min(line.find(' '), line.size());
  const std::string_view field = line.substr(0, space);
  line.remove_prefix(std::min(space + 1, line.size()));
  return field;
}

// "Ip6InReceives" is Ip6_InReceives: everything up to the first 6 is the protocol.
std::string ipv6_name(std::string_view name) {
  const std::size_t end = name.find('6') + 1;
  if (end == 0 || end == name.size()) return {};
  return std::string(name.substr(0, end)) + '_' + std::string(name.substr(end));
}

class NetstatCollector final : public Collector {
 public:
  NetstatCollector(const HostContext& context, const NameFilter& filter)
      : netstat_file_(network_file(context.roots, "netstat")),
        snmp_file_(network_file(context.roots, "snmp")),
        snmp6_file_(network_file(context.roots, "snmp6")),
        netstat_(filter),
        snmp_(filter),
        snmp6_(filter, ipv6_name) {}

  std::string_view name() const override { return "netstat"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    const Result<void> results[] = {
        collect_pairs(netstat_file_, netstat_, scrape, out),
        collect_pairs(snmp_file_, snmp_, scrape, out),
        collect_snmp6(scrape, out),
    };
    for (const Result<void>& result : results) {
      if (!result) return result;
    }
    return {};
  }

 private:
  Result<void> collect_pairs(KernelFile& file, ColumnPairs& pairs, const Scrape& scrape,
                             SampleWriter& out) {
    const auto text = file.read(scrape.buffer);
    if (!text) return std::unexpected(text.error());
    LineErrors errors;
    values_.clear();
    pairs.parse(*text, values_, errors);
    for (const NameValue& value : values_) out.named(kNetstat, {value.name}, value.value);
    return errors.result(file.path());
  }

  // A machine without IPv6 has no such file.
  Result<void> collect_snmp6(const Scrape& scrape, SampleWriter& out) {
    const auto text = snmp6_file_.read(scrape.buffer);
    if (!text && text.error().kind == ErrorKind::kNotFound) return {};
    if (!text) return std::unexpected(text.error());
    LineErrors errors;
    snmp6_.parse(*text, values_, errors);
    for (const NameValue& value : values_) out.named(kNetstat, {value.name}, value.value);
    return errors.result(snmp6_file_.path());
  }

  KernelFile netstat_file_;
  KernelFile snmp_file_;
  KernelFile snmp6_file_;
  ColumnPairs netstat_;
  ColumnPairs snmp_;
  WantedLines snmp6_;
  std::vector<NameValue> values_;
};

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  const auto filter = filter_option(context, "netstat.fields");
  if (!filter) return std::unexpected(filter.error());
  return std::make_unique<NetstatCollector>(context, *filter);
}

}  // namespace

void ColumnPairs::choose_columns(Pair& pair, std::string_view names) const {
  pair.names = names;
  pair.columns.clear();
  std::string_view protocol = next_field(names);
  if (protocol.ends_with(':')) protocol.remove_suffix(1);
  for (std::size_t index = 0; !names.empty(); ++index) {
    std::string name(protocol);
    name += '_';
    name += next_field(names);
    if (filter_.passes(name)) pair.columns.push_back({index, std::move(name)});
  }
}

bool ColumnPairs::pick(const Pair& pair, std::string_view line, std::vector<NameValue>& values) {
  skip_fields(line, 1);  // the protocol
  std::size_t taken = 0;
  for (const Column& column : pair.columns) {
    skip_fields(line, column.index - taken);
    const auto value = next_integer(line);
    if (!value || !(line.empty() || line.front() == ' ')) return false;
    values.push_back({column.name, *value});
    taken = column.index;
  }
  return true;
}

void ColumnPairs::parse(std::string_view text, std::vector<NameValue>& values, LineErrors& errors) {
  const auto protocol = [](std::string_view line) { return line.substr(0, line.find(' ')); };
  std::size_t count = 0;
  std::string_view names;
  std::string_view line;
  while (next_line(text, line)) {
    if (names.empty() || protocol(names) != protocol(line)) {
      if (!names.empty()) errors.add(names);
      names = line;
      continue;
    }
    if (count == pairs_.size()) pairs_.emplace_back();
    Pair& pair = pairs_[count++];
    if (pair.names != names) choose_columns(pair, names);
    if (!pick(pair, line, values)) errors.add(line);
    names = {};
  }
  if (!names.empty()) errors.add(names);
}

CollectorRow netstat_row() {
  return {"netstat", true, "counters of the network protocols (/proc/net/{netstat,snmp,snmp6})",
          kOptions, make};
}

}  // namespace exporter
