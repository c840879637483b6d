#include "app/status_page.h"

#include <cmath>

#include "app/build_info.h"
#include "app/format.h"
#include "app/health.h"
#include "app/html.h"
#include "app/status_page_parts.h"

namespace app {
namespace {

constexpr char kStyle[] = R"(:root { color-scheme: light dark; --line: #8884; --soft: #777;
  --ok: #2a7d4f; --bad: #c0392b; --odd: #a8690f; }
@media (prefers-color-scheme: dark) { :root { --soft: #999; --ok: #5cc58a; --bad: #ff7b6b; --odd: #e0a84a; } }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.05rem; margin: 2.2rem 0 .5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem 1rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 500; white-space: nowrap; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.soft { color: var(--soft); } .ok { color: var(--ok); } .bad { color: var(--bad); } .odd { color: var(--odd); }
.answer { font-size: 1.2rem; font-weight: 600; margin: 1.2rem 0 .4rem; } nav a { margin-right: 1rem; }
)";

const char* answer_class(Health::Answer answer) {
  switch (answer) {
    case Health::Answer::kYes: return "ok";
    case Health::Answer::kNo: return "bad";
    case Health::Answer::kInconclusive: return "odd";
  }
  return "odd";
}

void append_answer(std::string& out, const StatusPageData& data) {
  if (!data.snapshot) {
    out += "<p class=\"answer odd\">nothing judged yet</p>\n";
    return;
  }
  const Health health = judge_health(*data.snapshot, data.store);
  out += std::string("<p class=\"answer ") + answer_class(health.answer) + "\">";
  append_html(out, health.text);
  out += "</p>\n<p class=\"soft\">as of " +
         utc_words(data.snapshot->labels.utc_ms(data.snapshot->now_ms)) + "</p>\n";
}

// What a person should know of the daemon itself; nothing when all is well.
void append_notices(std::string& out, const StatusPageData& data) {
  const auto notice = [&](const std::string& text) {
    out += "<p class=\"bad\">";
    append_html(out, text);
    out += "</p>\n";
  };
  if (!data.config_error.empty()) {
    notice("The newest configuration was refused, the one before is in use: " + data.config_error);
  }
  if (!data.store.durable) {
    notice("History is not durable since " + utc_words(data.store.not_durable_since_ms) + ": " +
           data.store.last_error);
  }
  if (!data.store.damaged_file.empty()) {
    notice("A damaged history was put aside and kept as " + data.store.damaged_file +
           ". What was before it is not in these numbers.");
  }
}

slo::Snapshot chosen(const StatusPageData& data) {
  slo::Snapshot shown = *data.snapshot;
  std::erase_if(shown.slos, [&](const slo::Judgement& judgement) {
    return (!data.service.empty() && judgement.spec->service != data.service) ||
           (!data.slo.empty() && judgement.spec->name != data.slo);
  });
  return shown;
}

}  // namespace

std::string status_page(const StatusPageData& data) {
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>fournines</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n</head>\n<body>\n"
      "<h1>fournines <span class=\"soft\">";
  append_html(out, kVersion);
  out += "</span></h1>\n";
  append_answer(out, data);
  append_notices(out, data);
  out += "<nav><a href=\"";
  append_html(out, data.telemetry_path);
  out +=
      "\">metrics</a> <a href=\"/api/v1/slos\">objectives as JSON</a> "
      "<a href=\"/api/v1/incidents\">incidents as JSON</a>";
  if (!data.service.empty() || !data.slo.empty()) out += " <a href=\"/\">all objectives</a>";
  out += "</nav>\n";
  if (data.snapshot) {
    const slo::Snapshot shown = chosen(data);
    append_objectives(out, shown);
    append_incidents(out, shown);
  }
  append_collectors(out, data.collectors);
  out += "</body>\n</html>\n";
  return out;
}

std::string status_page_style() { return kStyle; }

}  // namespace app
