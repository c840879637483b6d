// Bcachefs file systems: S/fs/bcachefs/UUID.
#pragma once

#include <string>
#include <string_view>

#include "exporter/core/line_errors.h"
#include "exporter/core/sample_list.h"
#include "exporter/host/table.h"

namespace exporter {

// Each takes the text of one file and the file system or device that it belongs to.
void parse_bcachefs_compression(std::string_view text, const std::string& uuid, SampleList& out,
                                LineErrors& errors);
void parse_bcachefs_errors(std::string_view text, const std::string& uuid, SampleList& out,
                           LineErrors& errors);
void parse_bcachefs_btree_writes(std::string_view text, const std::string& uuid, SampleList& out,
                                 LineErrors& errors);
void parse_bcachefs_counter(std::string_view text, const Family& family, const std::string& uuid,
                            SampleList& out, LineErrors& errors);
void parse_bcachefs_io_done(std::string_view text, const std::string& device,
                            const std::string& uuid, SampleList& out, LineErrors& errors);
void parse_bcachefs_io_errors(std::string_view text, const std::string& device,
                              const std::string& uuid, SampleList& out, LineErrors& errors);

CollectorRow bcachefs_row();

}  // namespace exporter
