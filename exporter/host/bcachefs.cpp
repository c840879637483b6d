// UUID/btree_cache_size: "524M"
// UUID/compression_stats:   type  compressed  uncompressed  average extent size
//                           lz4   19.3G       67.0G         112k
// UUID/errors:              btree_node_read_err  2  1713400000
// UUID/counters/btree_node_split:  since mount:              2
//                                  since filesystem creation:  3489
// UUID/btree_write_stats:            nr     size
//                           initial: 19088  108k
// UUID/dev-0/io_done:       read:
//                             sb: 3989504
//                           write:
//                             sb: 31457280
// UUID/dev-0/io_errors:     IO errors since filesystem creation
//                             read: 197346
//                           IO errors since 8 y ago
//                             read: 197346
#include "exporter/host/bcachefs.h"

#include "exporter/core/scan.h"
#include "exporter/host/hardware.h"

namespace exporter {
namespace {

constexpr Family kInfo{
    "node_bcachefs_info", "A bcachefs file system; always 1.", MetricType::kGauge, {"uuid"}};
constexpr Family kCacheSize{"node_bcachefs_btree_cache_size_bytes",
                            "Memory that holds the tree.",
                            MetricType::kGauge,
                            {"uuid"}};
constexpr Family kCompressed{"node_bcachefs_compression_compressed_bytes",
                             "Room that compressed data take.",
                             MetricType::kGauge,
                             {"algorithm", "uuid"}};
constexpr Family kUncompressed{"node_bcachefs_compression_uncompressed_bytes",
                               "Room that compressed data would take.",
                               MetricType::kGauge,
                               {"algorithm", "uuid"}};
constexpr Family kErrors{"node_bcachefs_errors_total",
                         "Errors that were noticed, by kind.",
                         MetricType::kCounter,
                         {"error_type", "uuid"}};
constexpr Family kLikeCounter{"node_bcachefs",
                              "A counter of a bcachefs file system since it was made.",
                              MetricType::kCounter,
                              {"uuid"}};
constexpr Family kNodeWrites{"node_bcachefs_btree_writes_total",
                             "Writes of nodes of the tree, by cause.",
                             MetricType::kCounter,
                             {"type", "uuid"}};
constexpr Family kWriteSize{"node_bcachefs_btree_write_average_size_bytes",
                            "Size of a write of the tree, by cause.",
                            MetricType::kGauge,
                            {"type", "uuid"}};
constexpr Family kDeviceInfo{"node_bcachefs_device_info",
                             "Label and state of a device; always 1.",
                             MetricType::kGauge,
                             {"device", "label", "state", "uuid"}};
constexpr Family kBucketSize{"node_bcachefs_device_bucket_size_bytes",
                             "Size of a bucket of the device.",
                             MetricType::kGauge,
                             {"device", "uuid"}};
constexpr Family kBuckets{"node_bcachefs_device_buckets",
                          "Buckets of the device.",
                          MetricType::kGauge,
                          {"device", "uuid"}};
constexpr Family kDurability{"node_bcachefs_device_durability",
                             "How many copies one on this device counts for.",
                             MetricType::kGauge,
                             {"device", "uuid"}};
constexpr Family kIoDone{"node_bcachefs_device_io_done_bytes_total",
                         "Bytes read and written, by what they were for.",
                         MetricType::kCounter,
                         {"data_type", "device", "operation", "uuid"}};
constexpr Family kIoErrors{"node_bcachefs_device_io_errors_total",
                           "Errors of the device since the file system was made.",
                           MetricType::kCounter,
                           {"device", "type", "uuid"}};

std::string_view without_colon(std::string_view word) {
  if (word.ends_with(':')) word.remove_suffix(1);
  return word;
}

// "name: 12".
bool parse_named_number(std::string_view line, std::string_view& name, std::uint64_t& number) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  name = trimmed(line.substr(0, colon));
  const auto value = to_number<std::uint64_t>(trimmed(line.substr(colon + 1)));
  number = value.value_or(0);
  return value.has_value() && !name.empty();
}

template <class Parse, class... Names>
void add_file(HardwarePlan& plan, const std::string& path, Parse parse, const Names&... names) {
  plan.lines(path, [=](std::string_view text, SampleList& out, LineErrors& errors) {
    parse(text, names..., out, errors);
  });
}

void discover_device(const std::string& base, const std::string& device, const std::string& uuid,
                     HardwarePlan& plan) {
  std::vector<LabelSource> labels;
  labels.push_back(LabelSource::text(device));
  labels.push_back(LabelSource::file(base + "label"));
  labels.push_back(LabelSource::file(base + "state"));
  labels.push_back(LabelSource::text(uuid));
  plan.info(kDeviceInfo, std::move(labels));
  plan.number(kBucketSize, base + "bucket_size", {device, uuid}, {}, to_size);
  plan.number(kBuckets, base + "nbuckets", {device, uuid});
  plan.number(kDurability, base + "durability", {device, uuid});
  add_file(plan, base + "io_done", parse_bcachefs_io_done, device, uuid);
  add_file(plan, base + "io_errors", parse_bcachefs_io_errors, device, uuid);
}

void discover_counters(const std::string& base, const std::string& uuid, HardwarePlan& plan) {
  for (const std::string& counter : list_directory(base)) {
    const Family* family = plan.families().get("node_bcachefs_" + counter + "_total", kLikeCounter);
    if (family == nullptr) continue;
    plan.lines(base + counter,
               [family, uuid](std::string_view text, SampleList& out, LineErrors& errors) {
                 parse_bcachefs_counter(text, *family, uuid, out, errors);
               });
  }
}

void discover(const std::string& directory, HardwarePlan& plan) {
  for (const std::string& uuid : plan.list(directory)) {
    const std::string base = directory + "/" + uuid + "/";
    plan.constant(kInfo, 1, {uuid});
    plan.number(kCacheSize, base + "btree_cache_size", {uuid}, {}, to_size);
    add_file(plan, base + "compression_stats", parse_bcachefs_compression, uuid);
    add_file(plan, base + "errors", parse_bcachefs_errors, uuid);
    add_file(plan, base + "btree_write_stats", parse_bcachefs_btree_writes, uuid);
    discover_counters(base + "counters/", uuid, plan);
    for (const std::string& entry : plan.list(base)) {
      if (!entry.starts_with("dev-")) continue;
      discover_device(base + entry + "/", entry.substr(4), uuid, plan);
    }
  }
}

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  const std::string directory = context.roots.sysfs + "/fs/bcachefs";
  return make_hardware_collector(
      context, {.name = "bcachefs",
                .places = {directory},
                .discover = [directory](HardwarePlan& plan) { discover(directory, plan); },
                .may_block = true});
}

}  // namespace

void parse_bcachefs_compression(std::string_view text, const std::string& uuid, SampleList& out,
                                LineErrors& errors) {
  std::string_view line;
  next_line(text, line);
  while (next_line(text, line)) {
    std::string_view rest = line;
    const std::string_view algorithm = without_colon(next_word(rest));
    if (algorithm.empty()) continue;
    const auto compressed = to_size(next_word(rest));
    const auto uncompressed = to_size(next_word(rest));
    if (!compressed || !uncompressed) {
      errors.add(line);
      continue;
    }
    out.add(kCompressed, *compressed, algorithm, uuid);
    out.add(kUncompressed, *uncompressed, algorithm, uuid);
  }
}

void parse_bcachefs_errors(std::string_view text, const std::string& uuid, SampleList& out,
                           LineErrors& errors) {
  std::string_view line;
  while (next_line(text, line)) {
    std::string_view rest = line;
    const std::string_view kind = next_word(rest);
    if (kind.empty()) continue;
    if (const auto count = to_number<std::uint64_t>(next_word(rest))) {
      out.add(kErrors, *count, kind, uuid);
    } else {
      errors.add(line);
    }
  }
}

void parse_bcachefs_btree_writes(std::string_view text, const std::string& uuid, SampleList& out,
                                 LineErrors& errors) {
  std::string_view line;
  next_line(text, line);
  while (next_line(text, line)) {
    std::string_view rest = line;
    const std::string_view cause = without_colon(next_word(rest));
    if (cause.empty()) continue;
    const auto count = to_number<std::uint64_t>(next_word(rest));
    const auto size = to_size(next_word(rest));
    if (!count || !size) {
      errors.add(line);
      continue;
    }
    out.add(kNodeWrites, *count, cause, uuid);
    out.add(kWriteSize, *size, cause, uuid);
  }
}

void parse_bcachefs_counter(std::string_view text, const Family& family, const std::string& uuid,
                            SampleList& out, LineErrors& errors) {
  constexpr std::string_view kStart = "since filesystem creation:";
  std::string_view line;
  while (next_line(text, line)) {
    if (!line.starts_with(kStart)) continue;
    if (const auto value = to_size(trimmed(line.substr(kStart.size())))) {
      out.add(family, *value, uuid);
    } else {
      errors.add(line);
    }
    return;
  }
  errors.add(line);
}

void parse_bcachefs_io_done(std::string_view text, const std::string& device,
                            const std::string& uuid, SampleList& out, LineErrors& errors) {
  std::string_view line;
  std::string_view operation;
  std::string_view type;
  std::uint64_t bytes = 0;
  while (next_line(text, line)) {
    const std::string_view words = trimmed(line);
    if (words == "read:" || words == "write:") {
      operation = without_colon(words);
    } else if (words.empty() || operation.empty()) {
      continue;
    } else if (parse_named_number(words, type, bytes)) {
      out.add(kIoDone, bytes, type, device, operation, uuid);
    } else {
      errors.add(line);
    }
  }
}

void parse_bcachefs_io_errors(std::string_view text, const std::string& device,
                              const std::string& uuid, SampleList& out, LineErrors& errors) {
  std::string_view line;
  std::string_view type;
  std::uint64_t count = 0;
  bool since_creation = false;
  while (next_line(text, line)) {
    if (line.starts_with("IO errors since ")) {
      if (since_creation) return;
      since_creation = line.ends_with("filesystem creation");
    } else if (!since_creation || trimmed(line).empty()) {
      continue;
    } else if (parse_named_number(trimmed(line), type, count)) {
      out.add(kIoErrors, count, device, type, uuid);
    } else {
      errors.add(line);
    }
  }
}

CollectorRow bcachefs_row() {
  return {"bcachefs", true, "bcachefs file systems and their devices (/sys/fs/bcachefs)", {}, make};
}

}  // namespace exporter
