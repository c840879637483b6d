// Text files with metrics, in both formats: what is read comes out as a page that reads the same
// again, and whatever else stands in the file is an error with words that can be shown.
#include <string>

#include "exporter/core/text.h"
#include "exporter/host/exposition_text.h"
#include "exporter/host/textfile_merge.h"
#include "tests/fuzz/fuzz.h"

namespace {

constexpr std::size_t kMaxSamples = 1000;

std::string rendered(const std::vector<exporter::TextFamily>& families,
                     std::vector<std::string>* conflicts = nullptr) {
  const auto file =
      std::make_shared<const exporter::TextFile>(exporter::TextFile{"f.prom", 0, "", families});
  const exporter::TextPage page = exporter::merge_text_files({file}, {});
  if (conflicts != nullptr) *conflicts = page.conflicts;
  exporter::SampleBlock block;
  exporter::SampleWriter out(block);
  for (const auto& sample : page.samples) out.prepared(sample.head, sample.value);
  out.finish();
  FUZZ_CHECK(block.duplicates() == 0);
  std::string text;
  block.render_text(text);
  return text;
}

}  // namespace

void fuzz_exposition(std::string_view input) {
  const auto families = exporter::parse_exposition(input, kMaxSamples);
  if (!families) {
    FUZZ_CHECK(exporter::is_valid_utf8(families.error().message));
    return;
  }
  std::vector<std::string> conflicts;
  const std::string page = rendered(*families, &conflicts);
  FUZZ_CHECK(exporter::is_valid_utf8(page));
  const auto again = exporter::parse_exposition(page, kMaxSamples);
  FUZZ_CHECK(again.has_value());
  // Where nothing was left out, a second time changes nothing.
  if (conflicts.empty()) FUZZ_CHECK(rendered(*again) == page);
}
