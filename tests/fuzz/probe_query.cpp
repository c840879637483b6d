// Queries of GET /probe: nothing but configured modules and allowed targets comes through.
#include <string>
#include <string_view>

#include "app/web_probe.h"
#include "exporter/http/query.h"
#include "tests/fuzz/fuzz.h"

void fuzz_probe_query(std::string_view input) {
  static const app::ProbeModules modules = [] {
    app::ProbeModules made;
    app::ProbeModule http;
    http.name = "http_2xx";
    http.spec.target = exporter::HttpTarget{};
    http.allow = {"https?://[a-z.]+/.*", "[a-z.]+"};
    app::ProbeModule tcp;
    tcp.name = "tcp";
    tcp.spec.target = exporter::StreamTarget{};
    tcp.allow = {".*"};
    made.modules = {http, tcp};
    return made;
  }();
  const auto params = exporter::decode_query(input);
  if (!params) return;
  exporter::HttpRequest request;
  request.params = *params;
  const auto spec = app::read_probe_query(request, modules);
  if (!spec) {
    FUZZ_CHECK(!spec.error().message.empty());
    return;
  }
  FUZZ_CHECK(exporter::check_spec(*spec).empty());
  if (const auto* http = std::get_if<exporter::HttpTarget>(&spec->target)) {
    FUZZ_CHECK(!http->url.contains("169.254."));
  }
}
