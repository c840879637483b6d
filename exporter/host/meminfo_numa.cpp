// Node 0 MemTotal:       25159164 kB
// Node 0 HugePages_Total:     0
//
// A page has one family after the other, the files have one node after the other: all are read, and
// then written by the fields of the first node; fields that only later nodes have follow.
#include "exporter/host/meminfo_numa.h"

#include <algorithm>

#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr Family kMemory{"node_memory_numa_",
                         "Memory of the node as this line of its meminfo counts it.",
                         MetricType::kGauge,
                         {"node"}};
constexpr Family kStat{"node_memory_numa_",
                       "Pages as this line of the node's numastat counts them.",
                       MetricType::kCounter,
                       {"node"},
                       "_total"};

class MeminfoNumaCollector final : public Collector {
 public:
  explicit MeminfoNumaCollector(const HostContext& context)
      : directory_(context.roots.sysfs + "/devices/system/node"), online_(directory_ + "/online") {}

  std::string_view name() const override { return "meminfo_numa"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    find_nodes(scrape);
    if (nodes_.empty()) return fail(ErrorKind::kNotFound, directory_ + ": no nodes there");
    const Result<void> meminfo = collect_files(&Node::meminfo, parse_node_meminfo, kMemory, out);
    const Result<void> numastat = collect_files(&Node::numastat, parse_numastat, kStat, out);
    return meminfo ? numastat : meminfo;
  }

 private:
  struct Node {
    std::string number;
    KernelFile meminfo;
    KernelFile numastat;
    ReadBuffer text;
    std::vector<NodeField> fields;
  };

  // Nodes come and go with the text of S/devices/system/node/online.
  void find_nodes(const Scrape& scrape) {
    const auto online = online_.read(scrape.buffer);
    const std::string_view text = online ? *online : std::string_view();
    if (listed_ && text == online_text_) return;
    listed_ = true;
    online_text_ = text;
    nodes_.clear();
    for (const std::string& name : list_directory(directory_)) {
      if (!name.starts_with("node") || !to_number<std::uint32_t>(name.substr(4))) continue;
      const std::string path = directory_ + "/" + name;
      nodes_.push_back({name.substr(4),
                        KernelFile(path + "/meminfo"),
                        KernelFile(path + "/numastat"),
                        ReadBuffer(8192),
                        {}});
    }
  }

  using Parse = void (*)(std::string_view, std::vector<NodeField>&, LineErrors&);

  Result<void> collect_files(KernelFile Node::* file, Parse parse, const Family& family,
                             SampleWriter& out) {
    Result<void> result;
    for (Node& node : nodes_) {
      node.fields.clear();
      const auto text = (node.*file).read(node.text);
      LineErrors errors;
      if (text) parse(*text, node.fields, errors);
      if (!result) continue;
      result = text ? errors.result((node.*file).path()) : std::unexpected(text.error());
    }
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      for (const NodeField& field : nodes_[i].fields) {
        if (!is_written(field, i)) write(field, i, family, out);
      }
    }
    return result;
  }

  static auto same(const NodeField& field) {
    return [&field](const NodeField& other) {
      return other.name == field.name && other.part == field.part;
    };
  }

  bool is_written(const NodeField& field, std::size_t node) const {
    return std::any_of(
        nodes_.begin(), nodes_.begin() + static_cast<std::ptrdiff_t>(node),
        [&](const Node& other) { return std::ranges::any_of(other.fields, same(field)); });
  }

  void write(const NodeField& field, std::size_t first, const Family& family, SampleWriter& out) {
    const std::string_view separator = field.part.empty() ? "" : "_";
    out.named_family(family, {field.name, separator, field.part});
    for (std::size_t i = first; i < nodes_.size(); ++i) {
      const auto found = std::ranges::find_if(nodes_[i].fields, same(field));
      if (found != nodes_[i].fields.end()) out.add(found->value, nodes_[i].number);
    }
  }

  std::string directory_;
  KernelFile online_;
  std::string online_text_;
  bool listed_ = false;
  std::vector<Node> nodes_;
};

}  // namespace

void parse_node_meminfo(std::string_view text, std::vector<NodeField>& fields, LineErrors& errors) {
  fields.clear();
  std::string_view line;
  while (next_line(text, line)) {
    std::string_view rest = line;
    const bool is_node = next_word(rest) == "Node" && !next_word(rest).empty();
    std::string_view name = next_word(rest);
    const bool has_colon = name.ends_with(':');
    if (has_colon) name.remove_suffix(1);
    const auto value = next_number<std::uint64_t>(rest);
    rest = trimmed(rest);
    if (!is_node || !has_colon || name.empty() || !value || !(rest.empty() || rest == "kB")) {
      errors.add(line);
      continue;
    }
    NodeField& field = fields.emplace_back();
    field.value = rest.empty() ? Number(*value) : Number::product(*value, 1024);
    const std::size_t open = name.ends_with(')') ? name.find('(') : name.npos;
    field.name = name.substr(0, open);
    if (open != name.npos) field.part = name.substr(open + 1, name.size() - open - 2);
  }
}

void parse_numastat(std::string_view text, std::vector<NodeField>& fields, LineErrors& errors) {
  fields.clear();
  std::string_view line;
  while (next_line(text, line)) {
    std::string_view rest = line;
    const std::string_view name = next_word(rest);
    const auto value = next_number<std::uint64_t>(rest);
    if (name.empty() || !value) {
      errors.add(line);
    } else {
      fields.push_back({name, "", *value});
    }
  }
}

CollectorRow meminfo_numa_row() {
  return {"meminfo_numa",
          false,
          "memory use per node (/sys/devices/system/node)",
          {},
          make_collector<MeminfoNumaCollector>};
}

}  // namespace exporter
