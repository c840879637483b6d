// The configuration file: whatever it holds, loading ends with a configuration or with errors, and
// what a configuration is shown as loads again.
#include "app/config_show.h"

#include "tests/fuzz/fuzz.h"

void fuzz_config(std::string_view input) {
  app::ConfigErrors errors;
  const auto config = app::load_config(std::string(input), "f.yml", errors);
  FUZZ_CHECK(config.has_value() == errors.empty());
  if (!config) return;
  app::ConfigErrors again;
  FUZZ_CHECK(app::load_config(app::shown_config(*config), "shown.yml", again).has_value());
}
