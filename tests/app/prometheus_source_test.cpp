// A source and its thread against a server that answers as Prometheus does, and an engine that is
// fed as the slo thread feeds it.
#include "app/prometheus_sources.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>

#include "exporter/http/server.h"
#include "tests/support/doctest.h"

namespace app {
namespace {

double field(const std::string& form, const std::string& key) {
  const std::size_t at = form.find("&" + key + "=");
  return at == std::string::npos ? 0 : std::stod(form.substr(at + key.size() + 2));
}

// Every query has this value at every instant that is asked for.
struct Api {
  Api() {
    server.post("/api/v1/query_range", [this](const exporter::HttpRequest& request) {
      const std::string form = "&" + request.body;
      const double begin = field(form, "start");
      const auto points =
          static_cast<int>((field(form, "end") - begin) / field(form, "step") + 1.5);
      std::string values;
      for (int i = 0; i < points; ++i) {
        values += (values.empty() ? "[" : ",[") + std::to_string(begin + i * field(form, "step")) +
                  ",\"" + std::to_string(value.load()) + "\"]";
      }
      exporter::HttpResponse response;
      response.status = is_refusing ? 400 : 200;
      response.body = is_refusing
                          ? R"({"status":"error","errorType":"bad_data","error":"no such"})"
                          : R"({"status":"success","data":{"resultType":"matrix","result":[)"
                            R"({"metric":{},"values":[)" +
                                values + "]}]}}";
      return response;
    });
    REQUIRE(server.listen().has_value());
    server.start();
  }
  SourceSpec spec() const {
    SourceSpec spec;
    spec.name = "prom";
    spec.endpoint.url = "http://127.0.0.1:" + std::to_string(server.ports().front()) + "/";
    spec.timeout_ms = 2'000;
    return spec;
  }

  exporter::SystemClock clock;
  std::atomic<int> value{1};
  std::atomic<bool> is_refusing{false};
  exporter::HttpServer server{exporter::GateOptions{.listen_addresses = {"127.0.0.1:0"}}, clock};
};

struct Judge {
  Judge() {
    auto made = std::make_shared<slo::SloSpec>();
    made->name = made->service = "x";
    made->source = slo::SourceKind::kRecord;
    made->interval_ms = made->timeout_ms = 1'000;
    made->record_ms = slo::kHourMs;
    id = engine.add(made, clock.now());
  }
  PrometheusSource::Judged judged() const {
    slo::RecordSpec record;
    record.source = "prom";
    record.query = "x";
    record.comparison = slo::Comparison::kGte;
    record.value = 1;
    record.interval_ms = record.slice_ms = 1'000;
    return {{id}, record, "meaning"};
  }
  void wake() {
    {
      const std::lock_guard guard(lock);
      woken = true;
    }
    changed.notify_all();
  }
  // Feeds and steps until it is so; false after 20 s.
  bool reaches(PrometheusSources& sources, slo::State state, slo::Cause cause) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < deadline) {
      const exporter::Moment now = clock.now();
      sources.feed(engine, now);
      engine.step(now);
      (void)engine.take_facts();
      const slo::Snapshot snapshot = engine.judge();
      if (snapshot.slos.front().state == state && snapshot.slos.front().cause == cause) return true;
      std::unique_lock waiting(lock);
      changed.wait_for(waiting, std::chrono::milliseconds(100),
                       [this] { return std::exchange(woken, false); });
    }
    return false;
  }

  exporter::SystemClock clock;
  slo::Engine engine{"boot", clock.now()};
  slo::SloId id = 0;
  std::mutex lock;
  std::condition_variable changed;
  bool woken = false;  // under lock
};

}  // namespace

TEST_CASE("a source tells what it keeps, and says why where it does not") {
  Api api;
  Judge judge;
  PrometheusSources sources(judge.clock, [&] { judge.wake(); });
  sources.set({api.spec()}, {{"prom", {judge.judged()}}});
  sources.start();
  CHECK(judge.reaches(sources, slo::State::kUp, slo::Cause::kNone));
  CHECK(sources.problems().empty());
  api.value = 0;
  CHECK(judge.reaches(sources, slo::State::kDown, slo::Cause::kResponse));
  api.is_refusing = true;
  CHECK(judge.reaches(sources, slo::State::kUnknown, slo::Cause::kNoData));
  CHECK(sources.problems().at(judge.id) == "source prom: no such");
  CHECK(sources.status().front().is_up);
  api.server.stop();
  CHECK(judge.reaches(sources, slo::State::kUnknown, slo::Cause::kSource));
  CHECK(sources.problems().at(judge.id).starts_with("source prom: "));
  CHECK_FALSE(sources.status().front().is_up);
  CHECK(sources.status().front().failures > 0);
}

TEST_CASE("sources come, change and go while they are asked") {
  Api api;
  Judge judge;
  PrometheusSources sources(judge.clock, [&] { judge.wake(); });
  sources.start();
  CHECK(sources.status().empty());
  SourceSpec spec = api.spec();
  for (const std::int64_t timeout_ms : {1'000, 2'000, 3'000}) {
    spec.timeout_ms = timeout_ms;
    sources.set({spec}, {{"prom", {judge.judged()}}});
    sources.feed(judge.engine, judge.clock.now());
  }
  CHECK(judge.reaches(sources, slo::State::kUp, slo::Cause::kNone));
  REQUIRE(sources.status().size() == 1);
  CHECK(sources.status().front().is_asked);
  // Nobody needs it.
  sources.set({spec}, {});
  CHECK(sources.status().empty());
  sources.stop();
  sources.stop();
}

TEST_CASE("credentials that cannot be read are told by file, and nothing is sent") {
  Api api;
  SourceSpec spec = api.spec();
  spec.endpoint.bearer_token_file = "/nonexistent/token";
  PrometheusClient client(spec);
  const auto answer = client.range("x", {0, 1'000, 1'000}, {});
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().kind == exporter::ErrorKind::kUnavailable);
  CHECK(answer.error().message.starts_with("source prom: /nonexistent/token: "));
}

}  // namespace app
