// The Grafana dashboards that are built into the program: grafana/dashboards/*.json, put into a
// source by tools/embed.py. Any thread.
#pragma once

#include <span>
#include <string_view>

namespace app {

struct Dashboard {
  std::string_view name;  // "slo-overview", as its file without the ending
  std::string_view json;
};

std::span<const Dashboard> dashboards();

}  // namespace app
