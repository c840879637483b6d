// "1184\t0\t9223372036854775807": allocated, free (always 0), maximum.
#include "exporter/host/filefd.h"

#include "exporter/core/line_errors.h"
#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr Family kAllocated{"node_filefd_allocated", "File handles that are open."};
constexpr Family kMaximum{"node_filefd_maximum", "File handles that the kernel allows."};

class FilefdCollector final : public Collector {
 public:
  explicit FilefdCollector(const HostContext& context)
      : file_(context.roots.procfs + "/sys/fs/file-nr", FileShape::kOneLine) {}

  std::string_view name() const override { return "filefd"; }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    const auto text = file_.read(scrape.buffer);
    if (!text) return std::unexpected(text.error());
    LineErrors errors;
    if (const auto handles = parse_file_nr(*text)) {
      out.family(kAllocated);
      out.add(handles->allocated);
      out.family(kMaximum);
      out.add(handles->maximum);
    } else {
      errors.add(trimmed(*text));
    }
    return errors.result(file_.path());
  }

 private:
  KernelFile file_;
};

}  // namespace

std::optional<FileHandles> parse_file_nr(std::string_view text) {
  std::array<std::uint64_t, 3> numbers{};
  if (next_numbers(text, numbers) != numbers.size()) return std::nullopt;
  return FileHandles{.allocated = numbers[0], .maximum = numbers[2]};
}

CollectorRow filefd_row() {
  return {"filefd",
          true,
          "open file handles (/proc/sys/fs/file-nr)",
          {},
          make_collector<FilefdCollector>};
}

}  // namespace exporter
