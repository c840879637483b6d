// The parsers of devices, RAID and file systems, over the same bytes: none may read outside them,
// and what they report stays a page of whole lines of valid text.
#include <string>
#include <vector>

#include "exporter/core/line_errors.h"
#include "exporter/core/sample_list.h"
#include "exporter/core/scan.h"
#include "exporter/core/text.h"
#include "exporter/host/attribute.h"
#include "exporter/host/bcache.h"
#include "exporter/host/bcachefs.h"
#include "exporter/host/btrfs.h"
#include "exporter/host/hwmon_names.h"
#include "exporter/host/ipvs.h"
#include "exporter/host/mdadm.h"
#include "exporter/host/netclass_netlink.h"
#include "exporter/host/nfs.h"
#include "exporter/host/nfsd.h"
#include "exporter/host/xfs.h"
#include "exporter/host/zfs.h"
#include "tests/fuzz/fuzz.h"

namespace {

using exporter::LineErrors;
using exporter::SampleList;
using fuzz::check_errors;

void check_page(SampleList& list) {
  list.finish();
  exporter::SampleBlock block;
  exporter::SampleWriter out(block);
  list.write(out);
  out.finish();
  std::string page;
  block.render_text(page);
  FUZZ_CHECK(exporter::is_valid_utf8(page));
  FUZZ_CHECK(page.empty() || page.ends_with('\n'));
  std::string_view rest = page;
  std::string_view line;
  while (exporter::next_line(rest, line)) {
    FUZZ_CHECK(line.starts_with("# ") || line.starts_with("node_"));
  }
}

template <class Parse, class... Names>
void check_samples(Parse parse, std::string_view input, const Names&... names) {
  SampleList list;
  LineErrors errors;
  parse(input, names..., list, errors);
  check_errors(errors);
  check_page(list);
}

void check_mdstat(std::string_view input) {
  std::vector<exporter::MdArray> arrays;
  LineErrors errors;
  exporter::parse_mdstat(input, arrays, errors);
  for (const auto& array : arrays) FUZZ_CHECK(!array.device.empty() && !array.state.empty());
  check_errors(errors);
}

void check_ipvs(std::string_view input) {
  std::vector<exporter::IpvsBackend> backends;
  LineErrors errors;
  exporter::parse_ipvs(input, backends, errors);
  for (const auto& backend : backends) FUZZ_CHECK(!backend.remote_address.empty());
  check_errors(errors);
  exporter::parse_ipvs_stats(input);
}

void check_kstat(std::string_view input) {
  std::vector<exporter::KstatLine> lines;
  LineErrors errors;
  exporter::parse_kstat(input, lines, errors);
  for (const auto& line : lines) FUZZ_CHECK(!line.name.empty());
  exporter::parse_kstat_io(input, lines, errors);
  for (const auto& line : lines) FUZZ_CHECK(!line.name.empty());
  check_errors(errors);
}

void check_values(std::string_view input) {
  for (const auto& value : {exporter::to_value(input), exporter::to_size(input)}) {
    if (value) exporter::scaled(*value, {1000, 3});
  }
  if (const auto file = exporter::parse_sensor_file(input)) {
    const std::string name = exporter::sensor_family(*file, false).name;
    FUZZ_CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789:_") ==
               std::string::npos);
  }
}

void check_links(std::string_view input) {
  std::vector<exporter::NetworkLink> links;
  bool news = false;
  exporter::parse_link_dump(input, 7, links, news);
  FUZZ_CHECK(links.size() <= input.size() / 32);
}

}  // namespace

void fuzz_hardware_text(std::string_view input) {
  const std::string device = "device";
  const std::string uuid = "uuid";
  static constexpr exporter::Family kCounter{
      "node_counter", "C.", exporter::MetricType::kCounter, {"uuid"}};
  check_values(input);
  check_mdstat(input);
  check_ipvs(input);
  check_kstat(input);
  check_links(input);
  check_samples(exporter::parse_nfs, input);
  check_samples(exporter::parse_nfsd, input);
  check_samples(exporter::parse_xfs_stats, input, "device");
  check_samples(exporter::parse_writeback_rate_debug, input, device, uuid);
  check_samples(exporter::parse_priority_stats, input, device, uuid);
  check_samples(exporter::parse_btrfs_commits, input, uuid);
  check_samples(exporter::parse_bcachefs_compression, input, uuid);
  check_samples(exporter::parse_bcachefs_errors, input, uuid);
  check_samples(exporter::parse_bcachefs_btree_writes, input, uuid);
  check_samples(exporter::parse_bcachefs_counter, input, kCounter, uuid);
  check_samples(exporter::parse_bcachefs_io_done, input, device, uuid);
  check_samples(exporter::parse_bcachefs_io_errors, input, device, uuid);
}
