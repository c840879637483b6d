// The commands and their own flags. CLI11's type stays behind a forward declaration.
#pragma once

#include "app/options.h"

namespace CLI {
class App;
}

namespace app {

// options outlives the parsing.
void add_commands(CLI::App& cli, Options& options);

}  // namespace app
