// Keys of probes: every kind, modules, and what is refused with file, line and key.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "app/config.h"
#include "app/file_sd.h"
#include "app/local_checks.h"
#include "app/web_probe.h"
#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace app {
namespace {

// The probe of one objective whose `probe:` block holds these lines.
std::optional<exporter::ProbeSpec> probe_of(const std::string& keys, std::string* errors_text) {
  ConfigErrors errors;
  const std::string text =
      "slos:\n  - name: a\n    objective: 99\n    sli:\n      probe: {" + keys + "}\n";
  const auto config = load_config(text, "f.yml", errors);
  std::string all;
  for (const std::string& line : errors.lines()) all += line + "\n";
  if (errors_text != nullptr) *errors_text = all;
  if (!config) return std::nullopt;
  return config->slos[0].probe;
}

template <class Target>
Target good(const std::string& keys) {
  std::string errors;
  const auto probe = probe_of(keys, &errors);
  REQUIRE_MESSAGE(probe, errors);
  return std::get<Target>(probe->target);
}

std::string refused(const std::string& keys) {
  std::string errors;
  CHECK_FALSE(probe_of(keys, &errors));
  return errors;
}

class SecretFile {
 public:
  SecretFile(const std::string& text, mode_t mode)
      : path_(std::filesystem::temp_directory_path() /
              ("fournines-secret-" + std::to_string(getpid()))) {
    std::ofstream(path_) << text;
    chmod(path_.c_str(), mode);
  }
  ~SecretFile() { std::filesystem::remove(path_); }
  std::string path() const { return path_; }

 private:
  std::filesystem::path path_;
};

TEST_CASE("each kind of probe has keys of its own") {
  const auto tcp = good<exporter::StreamTarget>(
      "tcp: 'db:5432', dialogue: [{send: hi}, {expect: '^ok'}], ip_version: 4");
  CHECK(tcp.host == "db");
  CHECK(tcp.port == 5432);
  CHECK_FALSE(tcp.tls);
  CHECK(tcp.dialogue.size() == 2);
  CHECK(tcp.reach.ip_version == 4);
  CHECK(good<exporter::StreamTarget>("tcp: 'db:1', tls: true").tls);
  const auto tls = good<exporter::StreamTarget>("tls: 'mail:993', expect: {certificate_days: 7}");
  CHECK(tls.tls);
  CHECK(tls.certificate_days == 7);
  CHECK(good<exporter::StreamTarget>("unix: /run/x.sock").unix_socket == "/run/x.sock");
  CHECK(good<exporter::IcmpTarget>("icmp: 192.0.2.1").host == "192.0.2.1");
  const auto dns = good<exporter::DnsTarget>(
      "dns: {server: '192.0.2.53', query: a.example, type: AAAA}, expect: {rcode: [NOERROR, "
      "NXDOMAIN], answers_match: '.*'}");
  CHECK(dns.port == 53);
  CHECK(dns.type == 28);
  CHECK(dns.rcodes == std::vector<int>{0, 3});
  const auto exec =
      good<exporter::ExecTarget>("exec: [/bin/true, x], expect: {exit_codes: [0, 2]}");
  CHECK(exec.command.size() == 2);
  CHECK(exec.exit_codes == std::vector<int>{0, 2});
  const auto process = good<exporter::LocalTarget>("process: nginx, at_least: 3");
  CHECK(process.kind == exporter::LocalKind::kProcesses);
  CHECK(process.at_least == 3);
}

TEST_CASE("a unit's object has its name escaped as systemd does") {
  CHECK(unit_object_path("nginx.service") == "/org/freedesktop/systemd1/unit/nginx_2eservice");
  CHECK(unit_object_path("9p@a-b.mount") == "/org/freedesktop/systemd1/unit/_39p_40a_2db_2emount");
}

TEST_CASE("processes are known to be good since as many as it takes were started") {
  const ::test::TempTree procfs;
  LocalChecks checks(procfs.root(), {});
  const auto since_ns = [&](int at_least) {
    const auto since =
        checks.good_since_ns({exporter::LocalKind::kProcesses, "worker", at_least}, {});
    REQUIRE(since);
    return since->value_or(-1);
  };
  CHECK_FALSE(checks.good_since_ns({exporter::LocalKind::kProcesses, "worker", 1}, {}));
  const auto add = [&](const std::string& pid, const std::string& ticks) {
    procfs.write(pid + "/stat", pid + " (worker) S 1 1 1 0 -1 4194560 3 4 5 6 7 8 9 10 20 0 3 0 " +
                                    ticks + " 8192000 250 1 1 1\n");
  };
  add("7", "900");
  add("8", "500");
  add("9", "700");
  CHECK(since_ns(1) == 5'010'000'000);
  CHECK(since_ns(2) == 7'010'000'000);
  CHECK(since_ns(3) == 9'010'000'000);
  CHECK(since_ns(4) == -1);
  const auto container = checks.good_since_ns({exporter::LocalKind::kContainer, "worker", 1}, {});
  CHECK((container && !*container));
}

TEST_CASE("a container is good while it runs and is not unhealthy, and unseen is not gone") {
  exporter::ContainerView view;
  view.complete = true;
  const auto add = [&](const char* name, exporter::ContainerState state,
                       exporter::ContainerHealth health) {
    auto facts = std::make_shared<exporter::ContainerFacts>();
    facts->identity.name = name;
    facts->state = state;
    facts->health = health;
    view.containers.push_back(facts);
  };
  add("web", exporter::ContainerState::kRunning, exporter::ContainerHealth::kHealthy);
  add("ill", exporter::ContainerState::kRunning, exporter::ContainerHealth::kUnhealthy);
  add("old", exporter::ContainerState::kExited, exporter::ContainerHealth::kUnknown);
  CHECK(judge_container(view, "web")->good);
  CHECK(judge_container(view, "ill")->reason == "ill: is unhealthy");
  CHECK(judge_container(view, "old")->reason == "old: is exited");
  CHECK(judge_container(view, "none")->reason == "none: there is no such container");
  view.complete = false;
  CHECK_FALSE(judge_container(view, "none"));
  CHECK(judge_container(view, "web")->good);
}

TEST_CASE("an HTTP probe takes method, body, expectations, way and keepalive") {
  const auto http = good<exporter::HttpTarget>(
      "http: 'http://a/', method: POST, body: x, keepalive: both, http2: false, proxy: "
      "'http://p:3128', insecure_skip_verify: true, expect: {body_matches: ok, body_lacks: err, "
      "json: {/a: 1}}");
  CHECK(http.method == "POST");
  CHECK(http.body == "x");
  CHECK(http.keepalive == exporter::Keepalive::kBoth);
  CHECK_FALSE(http.http2);
  CHECK_FALSE(http.verify);
  CHECK(http.proxy == "http://p:3128/");
  CHECK(http.body_json == std::vector<exporter::JsonCheck>{{"/a", "1"}});
}

TEST_CASE("secrets come from files that not everybody can read, and are in no message") {
  {
    const SecretFile file("t0ken\n", 0600);
    CHECK(good<exporter::HttpTarget>("http: 'http://a/', bearer_token_file: " + file.path())
              .authorization == "Bearer t0ken");
    CHECK(good<exporter::HttpTarget>(
              "http: 'http://a/', basic_auth: {username: ops, password_file: " + file.path() + "}")
              .authorization == "Basic b3BzOnQwa2Vu");
    CHECK(
        refused("http: 'http://a/', headers: {Authorization: x}, bearer_token_file: " + file.path())
            .contains("have an Authorization already"));
  }
  const SecretFile open("t0ken\n", 0644);
  const std::string error = refused("http: 'http://a/', bearer_token_file: " + open.path());
  CHECK(error.starts_with("f.yml:5: slos[0].sli.probe.bearer_token_file: "));
  CHECK_FALSE(error.contains("t0ken"));
  CHECK(refused("http: 'http://a/', bearer_token_file: /nonexistent/token")
            .starts_with("f.yml:5: slos[0].sli.probe.bearer_token_file: /nonexistent/token: "));
}

TEST_CASE("what cannot be probed is refused with its key") {
  const auto f = [](const char* keys, const char* part) {
    CAPTURE(std::string(keys));
    const std::string error = refused(keys);
    CAPTURE(error);
    CHECK(error.contains(part));
    CHECK(error.starts_with("f.yml:5: slos[0].sli.probe"));
  };
  f("interval: 1s", "says nowhere what is probed");
  f("http: 'http://a/', tcp: 'b:1'", "sli.probe.tcp: a probe has one kind, and 'http' is given");
  f("tcp: 'b'", "sli.probe.tcp: b: has no port");
  f("tcp: '169.254.169.254:80'", "sli.probe.tcp: 169.254.169.254: is a cloud metadata address");
  f("tcp: 'b:1', dialogue: [{expect: '('}]", "sli.probe.dialogue[0]: expect: ");
  f("tcp: 'b:1', dialogue: [{}]", "sli.probe.dialogue[0]: asks for nothing");
  f("tls: 'b:1', dialogue: [{starttls: true}]", "TLS has begun already");
  f("tcp: 'b:1', expect: {certificate_days: 3}", "without TLS there is no certificate");
  f("icmp: 'a b'", "sli.probe.icmp: a b: is neither a host name nor an address");
  f("icmp: a, payload_bytes: 4", "sli.probe.payload_bytes: '4' is not a whole number");
  f("dns: {query: a}", "sli.probe.dns: 'server' is missing");
  f("dns: {server: s, query: 'a..b'}", "sli.probe.dns.query: not a domain name");
  f("dns: {server: s, query: a, type: NOPE}", "sli.probe.dns.type: 'NOPE' is no record type");
  f("dns: {server: s, query: a}, expect: {rcode: OOPS}", "sli.probe.expect.rcode: 'OOPS'");
  f("exec: true", "the first word must be the absolute path");
  f("http: 'http://a/', method: 'GE T'", "method: 'GE T' is not a method");
  f("http: 'http://a/', keepalive: always", "sli.probe.keepalive: must be fresh, kept or both");
  f("http: 'http://a/', expect: {body_matches: '['}",
    "sli.probe.expect.body_matches: not a pattern");
  f("http: 'http://a/', expect: {json: {a: 1}}",
    "sli.probe.expect.json: 'a' is not a JSON pointer");
  f("http: 'http://a/', expect: {phase: x}", "sli.probe.expect.phase: unknown key");
  f("http: 'http://a/', ca_file: /nonexistent/ca", "sli.probe.ca_file: /nonexistent/ca: ");
  f("http: 'http://a/', proxy: 'socks5://x'", "sli.probe.proxy: ");
  f("http: 'http://a/', unix_socket: relative", "unix_socket: must be an absolute path");
  f("http: 'http://a/', interval: 1s, timeout: 1s", "sli.probe.timeout: 1000ms is not shorter");
  f("http: 'http://a/', confirm: 2s", "confirm: 2000ms and the timeout of 4000ms do not fit");
  f("http: 'http://a/', ip_version: 5", "sli.probe.ip_version: must be 4 or 6");
}

constexpr char kModules[] =
    "probe_modules:\n"
    "  http_2xx: {kind: http, timeout: 2s, allow: ['https://[a-z.]+/.*']}\n"
    "  names: {kind: dns, dns: {query: a.example}, allow: ['.*']}\n"
    "probe_targets:\n"
    "  - {module: http_2xx, files: [/etc/x/*.yml]}\n";

ProbeModules modules() {
  ConfigErrors errors;
  const auto config = load_config(kModules, "f.yml", errors);
  REQUIRE(config);
  return config->modules;
}

TEST_CASE("a module with a target is a probe") {
  const ProbeModules made = modules();
  REQUIRE(made.modules.size() == 2);
  CHECK(made.target_files.at(0).files == std::vector<std::string>{"/etc/x/*.yml"});
  const auto http = probe_of_module(*made.find("http_2xx"), "https://a.example/");
  REQUIRE(http);
  CHECK(http->name == "http_2xx/https://a.example/");
  CHECK(http->http().url == "https://a.example/");
  CHECK(probe_of_module(*made.find("http_2xx"), "a.example")->http().url == "http://a.example/");
  const auto names = probe_of_module(*made.find("names"), "192.0.2.53");
  REQUIRE(names);
  CHECK(std::get<exporter::DnsTarget>(names->target).host == "192.0.2.53");
  CHECK_FALSE(probe_of_module(*made.find("names"), "169.254.169.254"));
}

TEST_CASE("modules that cannot work are refused with their keys") {
  const auto f = [](const std::string& text, const char* part) {
    ConfigErrors errors;
    CHECK_FALSE(load_config(text, "f.yml", errors));
    REQUIRE_FALSE(errors.empty());
    CAPTURE(errors.lines().front());
    CHECK(errors.lines().front().contains(part));
  };
  f("probe_modules: {a: {kind: exec}}", "f.yml:1: probe_modules.a.kind: must be http, tcp, tls");
  f("probe_modules: {a: {}}", "probe_modules.a: 'kind' is missing");
  f("probe_modules: {'a b': {kind: icmp}}", "a module's name has");
  f("probe_modules: {a: {kind: icmp, allow: ['(']}}", "probe_modules.a.allow[0]: not a pattern");
  f("probe_targets: [{module: a, files: [/x]}]", "there is no such module");
  f("probe_modules: {a: {kind: icmp}}\nprobe_targets: [{module: a, files: [x]}]",
    "f.yml:2: probe_targets[0].files[0]: must be an absolute path");
}

TEST_CASE("a query names a configured module and a target that it allows") {
  const ProbeModules made = modules();
  const auto ask = [&](std::vector<std::pair<std::string, std::string>> params) {
    exporter::HttpRequest request;
    request.params = std::move(params);
    return read_probe_query(request, made);
  };
  CHECK(ask({{"target", "https://a.example/"}}));
  CHECK(ask({{"target", "https://a.example/"}, {"module", "http_2xx"}}));
  CHECK(ask({}).error().message == "target: is missing");
  CHECK(ask({{"target", "a"}, {"target", "b"}}).error().message == "target: given twice");
  CHECK(ask({{"target", "a"}, {"module", "x"}}).error().kind == exporter::ErrorKind::kInvalid);
  CHECK(ask({{"target", "http://a.example/"}}).error().kind == exporter::ErrorKind::kConflict);
  CHECK(ask({{"target", "x https://a.example/"}}).error().kind == exporter::ErrorKind::kConflict);
}

TEST_CASE("a scraper that gives up sooner gets its answer before that") {
  const ProbeModules made = modules();
  const auto timeout_with = [&](const char* seconds) {
    exporter::HttpRequest request;
    request.params = {{"target", "https://a.example/"}};
    request.headers = {{"x-prometheus-scrape-timeout-seconds", seconds}};
    return read_probe_query(request, made)->effective_timeout_ms();
  };
  CHECK(timeout_with("1.5") == 1000);
  CHECK(timeout_with("10") == 2000);
  CHECK(timeout_with("nonsense") == 2000);
  CHECK(timeout_with("0.2") == 1);
}

TEST_CASE("an attempt that says nothing about the target is no success for whoever asks") {
  exporter::HttpRequest request;
  request.params = {{"target", "https://a.example/"}};
  const auto page = answer_probe(request, modules(), [](const exporter::ProbeSpec&) {
    exporter::ProbeResult result;
    result.cause = exporter::UnknownCause::kNoResolver;
    return exporter::Result<exporter::ProbeResult>(result);
  });
  CHECK(page.status == 200);
  CHECK(page.body.contains("probe_success{probe=\"http_2xx\"} 0\n"));
  const auto busy = answer_probe(request, modules(), [](const exporter::ProbeSpec&) {
    return exporter::Result<exporter::ProbeResult>(
        exporter::fail(exporter::ErrorKind::kUnavailable, "too many"));
  });
  CHECK(busy.status == 503);
}

TEST_CASE("files of targets are Prometheus' file_sd, as YAML or JSON") {
  const auto yaml =
      parse_file_sd("- targets: [a:1, b:2]\n- targets: [c]\n  labels: {probe: front, x: y}\n", "t");
  REQUIRE(yaml);
  REQUIRE(yaml->size() == 3);
  CHECK(yaml->at(0).target == "a:1");
  CHECK(yaml->at(2).name == "front");
  using Labels = exporter::ProbeLabels;
  CHECK(yaml->at(2).labels == Labels{{"x", "y"}});
  CHECK(yaml->at(0).labels.empty());
  CHECK(
      parse_file_sd("- {targets: [a], labels: {team: web, env: prod, __meta_x: 1, empty: ''}}", "t")
          ->at(0)
          .labels == Labels{{"env", "prod"}, {"team", "web"}});
  CHECK(parse_file_sd(R"([{"targets": ["a"]}])", "t")->size() == 1);
  CHECK(parse_file_sd("[]", "t")->empty());
  const auto f = [](const char* text, const char* part) {
    const auto found = parse_file_sd(text, "t.yml");
    REQUIRE_FALSE(found);
    CHECK(found.error().message.contains(part));
  };
  f("- targets: [unclosed", "t.yml:");
  f("targets: [a]", "must be a list");
  f("- {labels: {}}", "'targets' is missing");
  f("- {targets: [''], x: 1}", "a target has 1 to 4096 bytes");
  f("- {targets: [a, b], labels: {probe: x}}", "several targets cannot have one label");
  f("- targets: [a]\n  labels: {phase: x}",
    "t.yml:2: [0].labels: phase: the series have a label of this name themselves");
  f("- {targets: [a], labels: {a-b: x}}", "'a-b' is no name of a label");
  f(("- {targets: [a], labels: {a: " + std::string(256, 'x') + "}}").c_str(),
    "a: longer than 255 bytes");
  std::string many = "- {targets: [a], labels: {";
  for (int i = 0; i < 17; ++i) many += "l" + std::to_string(i) + ": x, ";
  f((many + "}}").c_str(), "more than 16 labels");
}

}  // namespace
}  // namespace app
