// The configuration file: whatever it holds, loading ends with a configuration or with errors.
#include "app/config.h"

#include "tests/fuzz/fuzz.h"

void fuzz_config(std::string_view input) {
  app::ConfigErrors errors;
  const auto config = app::load_config(std::string(input), "f.yml", errors);
  FUZZ_CHECK(config.has_value() == errors.empty());
}
