// Collectors of devices that show themselves as trees of small files: what hwmon, nvme, thermal
// zones and the like share. Such a collector only says, in a function discover(), which files
// become which samples; here they are read.
//
// discover() runs at the first scrape and again when a directory that it listed has changed. While
// it finds nothing, a scrape costs nothing, and the machine is looked at again every ten seconds.
// Where drivers may be slow (a sensor on a bus, a controller's firmware), discovering and reading
// happen on a thread of the collector's own: a scrape waits a little for it, else shows the last
// complete result and says that it is stale.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/core/collector.h"
#include "exporter/core/family_table.h"
#include "exporter/core/sample_list.h"
#include "exporter/host/attribute.h"
#include "exporter/host/table.h"

namespace exporter {

// Turns the text of a file into a number; NaN when the device does not know it.
using ParseNumber = std::optional<Number> (*)(std::string_view text);

// Turns the text of a file into samples; keeps what it needs of the device by value.
using ParseFile = std::function<void(std::string_view text, SampleList& out, FileErrors& errors)>;

// The same for a file of many lines, of which a wrong one costs only itself.
using ParseLines = std::function<void(std::string_view text, SampleList& out, LineErrors& errors)>;

// Reads files of its own and turns them into samples.
using ReadFiles = std::function<void(ReadBuffer& buffer, SampleList& out, FileErrors& errors)>;

// A label of an info sample: a text that stays, or a file that is read anew every time.
class LabelSource {
 public:
  static LabelSource text(std::string text) { return {std::move(text), {}}; }
  // Absent or unreadable: an empty label. A prefix such as "0x" is cut off.
  static LabelSource file(std::string path, std::string_view cut_prefix = {}) {
    LabelSource source{{}, Attribute(std::move(path))};
    source.cut_prefix_ = cut_prefix;
    return source;
  }

 private:
  friend class HardwarePlan;
  LabelSource(std::string text, Attribute file) : text_(std::move(text)), file_(std::move(file)) {}

  std::string text_;
  Attribute file_;
  std::string_view cut_prefix_;
};

// Which files are read and what they become. Filled by discover(), on the thread that reads.
class HardwarePlan {
 public:
  using Labels = std::vector<std::string>;

  // The names in a directory, sorted; a change there leads to a new discover().
  std::vector<std::string> list(const std::string& directory);

  // A change of this text leads to a new discover(), too.
  void watch_text(const std::string& path);

  // A file of one number; one that cannot be opened now is left out for good.
  void number(const Family& family, std::string path, Labels labels, Scale scale = {},
              ParseNumber parse = to_value);

  // A file that becomes several samples; one that cannot be opened now is left out for good.
  void file(std::string path, ParseFile parse, FileShape shape = FileShape::kSingleRecord);

  // The same; lines that could not be read are told with the file's path.
  void lines(std::string path, ParseLines parse, FileShape shape = FileShape::kSingleRecord);

  // Samples that take more than one file.
  void step(ReadFiles read);

  // A sample that stays as it is.
  void constant(const Family& family, Number value, Labels labels);

  // A sample that says nothing but its labels.
  void info(const Family& family, std::vector<LabelSource> labels);

  // Families for names that come from the kernel. They outlive clear().
  FamilyTable& families() { return families_; }

  bool empty() const { return steps_.empty(); }
  bool changed(ReadBuffer& buffer);
  void clear();
  void read(ReadBuffer& buffer, SampleList& out, FileErrors& errors);

 private:
  struct Step {
    Attribute file;
    const Family* family = nullptr;
    Labels labels;
    Scale scale;
    ParseNumber parse_number = nullptr;
    ParseFile parse_file;
    ReadFiles read_files;
    Number value;
    std::vector<LabelSource> label_sources;
  };

  void read_info(Step& step, ReadBuffer& buffer, SampleList& out);
  static void add(const Step& step, Number value, SampleList& out);

  std::vector<Step> steps_;
  std::vector<DirectoryWatch> watches_;
  std::vector<std::pair<Attribute, std::string>> watched_texts_;
  FamilyTable families_;
};

// What node_exporter says of a machine without this hardware: no success, success, or success where
// the kernel knows such devices (one of the places is there) and has none.
enum class NoDevice : std::uint8_t { kAbsent, kFine, kFineInPlace };

struct Hardware {
  std::string_view name;  // of the collector
  // Files, and directories with entries, of which this hardware has at least one.
  std::vector<std::string> places;
  std::function<void(HardwarePlan& plan)> discover;
  bool may_block = false;
  NoDevice no_device = NoDevice::kAbsent;
};

// What a collector says at every scrape of a machine without its hardware: short enough that the
// message is not allocated.
inline std::unexpected<Error> no_such_devices() {
  return fail(ErrorKind::kNotFound, "no such devices");
}

std::unique_ptr<Collector> make_hardware_collector(const HostContext& context, Hardware hardware);

// What a file holds now, cut after max_bytes; empty when it cannot be read.
std::string read_text(const std::string& path, std::size_t max_bytes = kMaxValueBytes);

std::vector<std::string> words_of(std::string_view text);

// The names that are a prefix and a number: "mc0", "mc12".
bool is_numbered(std::string_view name, std::string_view prefix);

}  // namespace exporter
