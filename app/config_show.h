// The configuration as text, every default filled in: loading it gives the same configuration.
#pragma once

#include <string>

#include "app/config.h"

namespace app {

std::string shown_config(const Config& config);

}  // namespace app
