#include "app/status_page.h"

#include "app/build_info.h"
#include "app/html.h"

namespace app {
namespace {

constexpr char kStyle[] = R"(:root { color-scheme: light dark; --line: #8884; --soft: #888;
  --ok: #2a7d4f; --bad: #c0392b; --odd: #b7791f; }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 68rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 500; } td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.soft { color: var(--soft); } .ok { color: var(--ok); } .bad { color: var(--bad); } .odd { color: var(--odd); }
.verdict { font-size: 1.15rem; margin: 1rem 0; } nav a { margin-right: 1rem; }
)";

std::string milliseconds(std::int64_t ns) {
  const std::int64_t hundredths = ns / 10'000;
  std::string text = std::to_string(hundredths / 100) + ".";
  text += static_cast<char>('0' + hundredths / 10 % 10);
  text += static_cast<char>('0' + hundredths % 10);
  return text;
}

const char* state_class(exporter::CollectorState state) {
  switch (state) {
    case exporter::CollectorState::kOk: return "ok";
    case exporter::CollectorState::kAbsent: return "soft";
    case exporter::CollectorState::kFailed: return "bad";
    case exporter::CollectorState::kStale: return "odd";
  }
  return "bad";
}

void append_collectors(std::string& out, const std::vector<exporter::CollectorStatus>& collectors) {
  out +=
      "<h2>Collectors</h2>\n<table>\n<tr><th>collector</th><th>state</th>"
      "<th class=\"number\">last run, ms</th><th>last error</th></tr>\n";
  for (const auto& collector : collectors) {
    out += "<tr><td>";
    append_html(out, collector.name);
    if (!collector.has_run) {
      out += "</td><td class=\"soft\">not run yet</td><td></td><td></td></tr>\n";
      continue;
    }
    out += std::string("</td><td class=\"") + state_class(collector.state) + "\">";
    out += exporter::state_name(collector.state);
    out += "</td><td class=\"number\">" + milliseconds(collector.duration_ns) + "</td><td>";
    append_html(out, collector.error);
    out += "</td></tr>\n";
  }
  out += "</table>\n";
}

}  // namespace

std::string status_page(const StatusPageData& data) {
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>fournines</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n</head>\n<body>\n"
      "<h1>fournines <span class=\"soft\">";
  append_html(out, kVersion);
  out += "</span></h1>\n<nav><a href=\"";
  append_html(out, data.telemetry_path);
  out += "\">metrics</a> <a href=\"/-/healthy\">healthy</a> <a href=\"/-/ready\">ready</a></nav>\n";
  append_collectors(out, data.collectors);
  out += "</body>\n</html>\n";
  return out;
}

std::string status_page_style() { return kStyle; }

}  // namespace app
