// The families of many text files as one page: merged by name, sorted, rendered. Pure, any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/host/exposition_text.h"

namespace exporter {

// One file as it was read last.
struct TextFile {
  std::string path;
  std::int64_t mtime_seconds = 0;  // Unix time
  std::string error;               // empty: it was read and parsed, and `families` is all of it
  std::vector<TextFamily> families;
};

struct TextPage {
  struct Sample {
    std::string head;  // for SampleWriter::prepared()
    Number value;
  };
  std::vector<Sample> samples;
  std::vector<std::string> conflicts;  // one line each: what was left out, and why
};

// A family whose HELP or TYPE is another than in a file before, and one that is not for text files
// (another collector has it), is left out whole; a sample that stood before is left out alone.
// Series of one family get the same label names: missing ones become "".
TextPage merge_text_files(const std::vector<std::shared_ptr<const TextFile>>& files,
                          const std::set<std::string, std::less<>>& taken);

}  // namespace exporter
