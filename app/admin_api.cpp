#include "app/admin_api.h"

#include <nlohmann/json.hpp>

#include "app/answers.h"
#include "app/api.h"
#include "app/api_json.h"
#include "exporter/core/json_text.h"
#include "exporter/core/text.h"

namespace app {
namespace {

using exporter::ErrorKind;
using exporter::fail;
using exporter::HttpRequest;
using exporter::HttpResponse;
using exporter::Result;

HttpResponse refused(const exporter::Error& error) {
  int status = 500;
  if (error.kind == ErrorKind::kInvalid) status = 400;
  if (error.kind == ErrorKind::kNotFound) status = 404;
  if (error.kind == ErrorKind::kConflict) status = 409;
  if (error.kind == ErrorKind::kUnavailable) status = 503;
  return json_answer(status, error_json(exporter::printable(error.message, 512)));
}

// The members of a body, taken one by one.
class Body {
 public:
  static Result<Body> parse(const HttpRequest& request) {
    if (!request.header("content-type").starts_with("application/json")) {
      return fail(ErrorKind::kInvalid, "Content-Type: must be application/json");
    }
    if (exporter::is_too_deep(request.body)) return fail(ErrorKind::kInvalid, "nested too deep");
    Json json = exporter::parse_json(request.body);
    if (!json.is_object()) return fail(ErrorKind::kInvalid, "the body is not a JSON object");
    return Body(std::move(json));
  }

  std::string text(const char* key) {
    const auto found = json_.find(key);
    if (found == json_.end()) return "";
    if (found->is_string()) return found->get<std::string>();
    note(key, "must be text");
    return "";
  }
  std::int64_t whole_number(const char* key) {
    const auto found = json_.find(key);
    if (found != json_.end() && found->is_number_integer()) return found->get<std::int64_t>();
    note(key, "must be a whole number");
    return 0;
  }
  std::vector<std::string> texts(const char* key) {
    std::vector<std::string> all;
    const auto found = json_.find(key);
    if (found != json_.end() && found->is_array()) {
      for (const Json& item : *found) {
        if (!item.is_string()) note(key, "must be a list of texts");
        if (item.is_string()) all.push_back(item.get<std::string>());
      }
    } else {
      note(key, "must be a list of texts");
    }
    return all;
  }
  std::int64_t instant(const char* key) {
    const auto parsed = slo::parse_instant(text(key));
    if (parsed) return *parsed;
    note(key, exporter::printable(parsed.error().message, 120));
    return 0;
  }
  const std::string& error() const { return error_; }

 private:
  explicit Body(Json json) : json_(std::move(json)) {}
  void note(const char* key, const std::string& what) {
    if (error_.empty()) error_ = std::string(key) + ": " + what;
  }

  Json json_;
  std::string error_;
};

template <class Act>
void post(exporter::HttpServer& server, const Judging& judging, const char* path, const Act& act) {
  server.post(path, [&judging, act](const HttpRequest& request) {
    if (!judging.published()) return json_answer(503, "{\"error\":\"nothing judged yet\"}\n");
    auto body = Body::parse(request);
    if (!body) return refused(body.error());
    return act(*body);
  });
}

HttpResponse done(const Result<void>& result) {
  return result ? json_answer(200, written({{"schema", kApiSchema}})) : refused(result.error());
}

// Without a test page there is no "starts".
std::string test_page_json(const std::optional<alerts::TestPage>& test) {
  Json json = {{"schema", kApiSchema}, {"members", Json::array()}};
  if (!test) return written(json);
  json["starts"] = seconds_json(test->starts_at_ms);
  json["durable"] = test->durable;
  for (const alerts::TestPage::Member& member : test->members) {
    Json one = {{"name", member.name},
                {"alertmanager", member.kind == alerts::ReceiverKind::kAlertmanager},
                {"taken", member.taken},
                {"reason", member.reason}};
    if (member.asked) {
      one["receivers"] = member.receivers;
      one["silenced"] = member.silenced;
      one["inhibited"] = member.inhibited;
    }
    json["members"].push_back(std::move(one));
  }
  return written(json);
}

HttpResponse wrong(const Body& body) { return refused({ErrorKind::kInvalid, body.error()}); }

}  // namespace

void add_admin_routes(exporter::HttpServer& server, Judging& judging, bool enabled) {
  server.get("/api/v1/exclusions", [&judging](const HttpRequest&) {
    Json list = Json::array();
    for (const auto& [id, exclusion] : judging.ledger().exclusions()) {
      list.push_back({{"id", id},
                      {"slos", exclusion.slos},
                      {"from", seconds_json(exclusion.excluded.period.begin_ms)},
                      {"to", seconds_json(exclusion.excluded.period.end_ms)},
                      {"reason", exclusion.excluded.reason},
                      {"created", seconds_json(exclusion.created_ms)}});
    }
    return json_answer(200, written({{"schema", kApiSchema}, {"exclusions", std::move(list)}}));
  });
  if (!enabled) return;
  post(server, judging, "/api/v1/exclusions", [&judging](Body& body) {
    Ledger::Exclusion exclusion;
    exclusion.slos = body.texts("slos");
    exclusion.excluded.period = {body.instant("from"), body.instant("to")};
    exclusion.excluded.reason = body.text("reason");
    if (!body.error().empty()) return wrong(body);
    const auto id = judging.ledger().exclude(std::move(exclusion));
    return id ? json_answer(200, written({{"schema", kApiSchema}, {"id", *id}}))
              : refused(id.error());
  });
  post(server, judging, "/api/v1/exclusions/remove", [&judging](Body& body) {
    const std::string id = body.text("id");
    return body.error().empty() ? done(judging.ledger().take_back(id)) : wrong(body);
  });
  post(server, judging, "/api/v1/incidents/false", [&judging](Body& body) {
    const std::string service = body.text("service");
    const std::string name = body.text("slo");
    const std::int64_t incident = body.whole_number("incident");
    const std::string reason = body.text("reason");
    if (!body.error().empty()) return wrong(body);
    return done(judging.ledger().mark_false(service, name, incident, reason));
  });
  post(server, judging, "/api/v1/test-page", [&judging](Body&) {
    judging.page_test();
    return done({});
  });
  server.get("/api/v1/test-page", [&judging](const HttpRequest&) {
    return json_answer(200, test_page_json(judging.pager_status()->test));
  });
  post(server, judging, "/api/v1/backup", [&judging](Body& body) {
    const std::string path = body.text("path");
    if (!body.error().empty()) return wrong(body);
    if (!path.starts_with('/')) return refused({ErrorKind::kInvalid, "path: must be absolute"});
    return done(judging.backup(path));
  });
}

}  // namespace app
