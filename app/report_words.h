// A report in words: text for a terminal, Markdown for a page. From the document of
// /api/v1/report; a key that is missing throws nlohmann::json::exception.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace app {

std::string report_text(const nlohmann::ordered_json& report);
std::string report_markdown(const nlohmann::ordered_json& report);

// Pieces that other commands print too.
std::string slo_name(const nlohmann::ordered_json& slo);
std::string incident_text(const nlohmann::ordered_json& incident);  // one line

}  // namespace app
