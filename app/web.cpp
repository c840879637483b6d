#include "app/web.h"

#include "app/admin_api.h"
#include "app/answers.h"
#include "app/api.h"
#include "app/api_probes.h"
#include "app/api_report.h"
#include "app/dashboards.h"
#include "app/health.h"
#include "app/status_page.h"
#include "app/web_probe.h"
#include "exporter/core/openmetrics.h"

namespace app {
namespace {

using exporter::HttpRequest;
using exporter::HttpResponse;

HttpResponse metrics(const WebContext& context, const HttpRequest& request) {
  const auto selection =
      context.registry.select(request.values("collect[]"), request.values("exclude[]"));
  if (!selection) return plain_answer(400, selection.error().message + "\n");
  const bool openmetrics = exporter::wants_openmetrics(request.header("accept"));
  HttpResponse response;
  response.content_type = openmetrics ? exporter::kOpenMetricsFormat : exporter::kTextFormat;
  response.already_gzipped = request.accepts_gzip;
  response.shared_body = context.pages.get(
      *selection, openmetrics ? exporter::PageFormat::kOpenMetrics : exporter::PageFormat::kText,
      request.accepts_gzip);
  return response;
}

HttpResponse page(const WebContext& context, const HttpRequest& request) {
  const auto one = [&](const char* key) {
    const auto values = request.values(key);
    return values.empty() ? std::string() : std::string(values.front());
  };
  return answer(200, "text/html; charset=utf-8",
                status_page({context.telemetry_path, context.registry.status(),
                             context.judging.published(), context.judging.store_status(),
                             context.reload.error(), one("service"), one("slo")}));
}

// A route of the API; 503 until the first judgement.
template <class Make>
void add_api(exporter::HttpServer& server, const WebContext& context, const char* path,
             const Make& make) {
  server.get(path, [context, make](const HttpRequest&) {
    const auto snapshot = context.judging.published();
    if (!snapshot) return json_answer(503, "{\"error\":\"nothing judged yet\"}\n");
    return json_answer(200, make(*snapshot));
  });
}

}  // namespace

void add_routes(exporter::HttpServer& server, const WebContext& context) {
  server.get(context.telemetry_path,
             [context](const HttpRequest& request) { return metrics(context, request); });
  server.get("/-/healthy",
             [](const HttpRequest&) { return plain_answer(200, "fournines is healthy.\n"); });
  server.get("/-/ready", [context](const HttpRequest&) {
    return context.ready ? plain_answer(200, "fournines is ready.\n")
                         : plain_answer(503, "fournines is starting.\n");
  });
  if (context.enable_lifecycle) {
    server.post("/-/reload", [context](const HttpRequest&) {
      const std::string error = context.reload.run();
      return error.empty() ? plain_answer(200, "")
                           : plain_answer(500, "failed to reload: " + error + "\n");
    });
  }
  for (const Dashboard& dashboard : dashboards()) {
    server.get(
        "/dashboards/" + std::string(dashboard.name) + ".json",
        [&dashboard](const HttpRequest&) { return json_answer(200, std::string(dashboard.json)); });
  }
  add_api(server, context, "/api/v1/slos", [context](const slo::Snapshot& snapshot) {
    return slos_json(snapshot, context.judging.source_problems());
  });
  add_api(server, context, "/api/v1/incidents",
          [](const slo::Snapshot& snapshot) { return incidents_json(snapshot); });
  add_api(server, context, "/api/v1/status", [context](const slo::Snapshot& snapshot) {
    return status_json(judge_health(snapshot, context.judging.store_status()));
  });
  server.get("/api/v1/report", [context](const HttpRequest& request) {
    const auto snapshot = context.judging.published();
    if (!snapshot) return json_answer(503, "{\"error\":\"nothing judged yet\"}\n");
    const auto question = parse_question(request);
    if (!question) return json_answer(400, error_json(question.error().message));
    return json_answer(200, report_json(*snapshot, context.judging.report(*question)));
  });
  add_admin_routes(server, context.judging, context.enable_admin_api);
  server.get("/api/v1/probes", [context](const HttpRequest&) {
    return json_answer(200, probes_json(context.judging.probes(), context.clock.now()));
  });
  server.get_slow("/probe", [context](const HttpRequest& request) {
    return answer_probe(request, *context.judging.probe_modules(),
                        [context](exporter::ProbeSpec spec) {
                          return context.judging.probe_once(std::move(spec));
                        });
  });
  server.get("/", [context](const HttpRequest& request) { return page(context, request); });
  server.get("/style.css", [](const HttpRequest&) {
    return answer(200, "text/css; charset=utf-8", status_page_style());
  });
}

}  // namespace app
