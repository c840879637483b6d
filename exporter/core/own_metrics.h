// The daemon's own gauges (fournines_*) that prometheus-cpp keeps. They are few, so
// the library's comfort is worth its cost; everything collected from the kernel goes through
// SampleBlock instead. The text is written here and not by the library's serializer, which prints
// 16 digits and leaves HELP texts unescaped. Any thread.
#pragma once

#include <prometheus/collectable.h>

#include <string>

namespace exporter {

// Appends all families, which are of gauges, as text format 0.0.4. Label values must be clean
// already (they are constants of ours, or went through append_valid_utf8).
void render_own_metrics(const prometheus::Collectable& own, std::string& out);

}  // namespace exporter
