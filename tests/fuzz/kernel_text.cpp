// Every parser of kernel text over the same bytes: none may read outside them, and names it hands
// out lie in them.
#include <vector>

#include "exporter/core/line_errors.h"
#include "exporter/host/filefd.h"
#include "exporter/host/meminfo.h"
#include "exporter/host/name_values.h"
#include "exporter/host/sockstat.h"
#include "exporter/host/stat.h"
#include "tests/fuzz/fuzz.h"

namespace {

void check_within(std::string_view part, std::string_view whole) {
  FUZZ_CHECK(part.empty() || (part.data() >= whole.data() &&
                              part.data() + part.size() <= whole.data() + whole.size()));
}

}  // namespace

void fuzz_kernel_text(std::string_view input) {
  exporter::LineErrors errors;
  exporter::parse_stat(input, errors);
  exporter::parse_file_nr(input);

  std::vector<exporter::MemoryField> fields;
  exporter::parse_meminfo(input, fields, errors);
  for (const auto& field : fields) check_within(field.name, input);

  std::vector<exporter::NameValue> values;
  exporter::parse_name_values(input, values, errors);
  for (const auto& value : values) check_within(value.name, input);

  std::vector<exporter::SocketCount> counts;
  exporter::parse_sockstat(input, counts, errors);

  const auto result = errors.result("fuzz");
  FUZZ_CHECK(result.has_value() == (errors.count() == 0));
}
