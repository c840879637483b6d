// Open file handles of the whole machine. P/sys/fs/file-nr, proc_sys_fs(5).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "exporter/host/table.h"

namespace exporter {

struct FileHandles {
  std::uint64_t allocated = 0;
  std::uint64_t maximum = 0;
};

// Nothing when text is not three numbers.
std::optional<FileHandles> parse_file_nr(std::string_view text);

CollectorRow filefd_row();

}  // namespace exporter
