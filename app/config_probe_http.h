// Configuration keys of HTTP probes, and what other kinds have in common with them.
#pragma once

#include <string>

#include "app/yaml.h"
#include "exporter/probes/target.h"

namespace app {

void read_url(const YamlValue& value, exporter::HttpTarget& http);

// All keys of an HTTP probe but that of its URL.
void read_http(YamlMap& map, exporter::HttpTarget& http);

// A pattern, checked.
std::string read_pattern(const YamlValue& value);

// The path of a file that can be read now.
std::string read_readable_file(const YamlValue& value);

// The contents of a file with a secret (alerts::read_secret). They are in no message.
std::string read_secret_file(const YamlValue& value);

}  // namespace app
