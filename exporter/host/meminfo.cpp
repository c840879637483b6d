// MemTotal:       24684092 kB
// Active(anon):     345340 kB
// HugePages_Total:       0
#include "exporter/host/meminfo.h"

#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr Family kBytes{"node_memory_",
                        "Memory as this line of /proc/meminfo counts it.",
                        MetricType::kGauge,
                        {},
                        "_bytes"};
constexpr Family kCount{"node_memory_", "Pages as this line of /proc/meminfo counts them."};

class MeminfoCollector final : public Collector {
 public:
  explicit MeminfoCollector(const HostContext& context)
      : file_(context.roots.procfs + "/meminfo") {}

  std::string_view name() const override { return "meminfo"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    const auto text = file_.read(scrape.buffer);
    if (!text) return std::unexpected(text.error());
    LineErrors errors;
    parse_meminfo(*text, fields_, errors);
    for (const MemoryField& field : fields_) {
      const Family& family = field.in_kib ? kBytes : kCount;
      const Number value = field.in_kib ? Number::product(field.value, 1024) : field.value;
      if (field.part.empty()) {
        out.named(family, {field.name}, value);
      } else {
        out.named(family, {field.name, "_", field.part}, value);
      }
    }
    return errors.result(file_.path());
  }

 private:
  KernelFile file_;
  std::vector<MemoryField> fields_;
};

}  // namespace

void parse_meminfo(std::string_view text, std::vector<MemoryField>& fields, LineErrors& errors) {
  fields.clear();
  std::string_view line;
  while (next_line(text, line)) {
    const std::size_t colon = line.find(':');
    std::string_view rest = colon == line.npos ? "" : line.substr(colon + 1);
    const auto value = next_number<std::uint64_t>(rest);
    if (!value || colon == 0 || !(rest.empty() || rest == " kB")) {
      errors.add(line);
      continue;
    }
    MemoryField& field = fields.emplace_back();
    field.name = line.substr(0, colon);
    field.value = *value;
    field.in_kib = !rest.empty();
    if (line[colon - 1] != ')') continue;
    const std::size_t open = std::min(field.name.find('('), colon - 1);
    field.part = line.substr(open + 1, colon - open - 2);
    field.name = line.substr(0, open);
  }
}

CollectorRow meminfo_row() {
  return {"meminfo",
          true,
          "memory use, every line of /proc/meminfo",
          {},
          make_collector<MeminfoCollector>};
}

}  // namespace exporter
