// Files of other SLO tools: whatever they hold, what comes out of them is readable configuration
// text.
#include "app/import.h"

#include "tests/fuzz/fuzz.h"

void fuzz_import(std::string_view input) {
  app::ConfigErrors errors;
  const auto documents = app::YamlValue::parse_all(std::string(input), "f.yml", errors);
  const std::string text = app::import_text(app::import_documents(documents));
  app::ConfigErrors of_text;
  FUZZ_CHECK(app::YamlValue::parse(text, "out.yml", of_text).has_value());
}
