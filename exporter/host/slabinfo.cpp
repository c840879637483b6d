// slabinfo - version: 2.1
// # name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables ...
// dentry             129610 131082    192   21    1 : tunables    0    0    0 : slabdata ...
#include "exporter/host/slabinfo.h"

#include "exporter/core/scan.h"
#include "exporter/host/options.h"

namespace exporter {
namespace {

constexpr Family per_slab(std::string_view name, std::string_view help) {
  return {name, help, MetricType::kGauge, {"slab"}};
}

constexpr std::array kFamilies{
    per_slab("node_slabinfo_active_objects", "Objects in use."),
    per_slab("node_slabinfo_objects", "Objects there is room for."),
    per_slab("node_slabinfo_object_size_bytes", "Bytes of one object."),
    per_slab("node_slabinfo_objects_per_slab", "Objects in one slab."),
    per_slab("node_slabinfo_pages_per_slab", "Pages of one slab."),
};

constexpr CollectorOption kOptions[] = {
    {"slabinfo.slabs-include", "", "caches to report"},
    {"slabinfo.slabs-exclude", "", "caches to leave out"},
};

class SlabinfoCollector final : public Collector {
 public:
  SlabinfoCollector(const HostContext& context, NameFilter filter)
      : file_(context.roots.procfs + "/slabinfo", FileShape::kManyRecords),
        filter_(std::move(filter)) {}

  std::string_view name() const override { return "slabinfo"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    const auto text = file_.read(scrape.buffer);
    if (!text) return std::unexpected(text.error());
    LineErrors errors;
    filter_.restart();
    parse_slabinfo(*text, filter_, slabs_, errors);
    for (std::size_t i = 0; i < kFamilies.size(); ++i) {
      out.family(kFamilies[i]);
      for (const Slab& slab : slabs_) out.add(slab.values[i], slab.name);
    }
    return errors.result(file_.path());
  }

 private:
  KernelFile file_;
  OrderedFilter filter_;
  std::vector<Slab> slabs_;
};

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  auto filter = filter_option(context, "slabinfo.slabs-include", "slabinfo.slabs-exclude");
  if (!filter) return std::unexpected(filter.error());
  return std::make_unique<SlabinfoCollector>(context, std::move(*filter));
}

}  // namespace

void parse_slabinfo(std::string_view text, OrderedFilter& filter, std::vector<Slab>& slabs,
                    LineErrors& errors) {
  slabs.clear();
  std::string_view line;
  while (next_line(text, line)) {
    if (line.starts_with('#') || line.starts_with("slabinfo - ")) continue;
    std::string_view rest = line;
    Slab slab;
    slab.name = next_word(rest);
    if (slab.name.empty() || next_numbers(rest, slab.values) != slab.values.size()) {
      errors.add(line);
    } else if (filter.passes(slab.name)) {
      slabs.push_back(slab);
    }
  }
}

CollectorRow slabinfo_row() {
  return {"slabinfo", false, "the kernel's caches of objects (/proc/slabinfo)", kOptions, make};
}

}  // namespace exporter
