#include "app/options.h"

#include "tests/support/doctest.h"

namespace app {
namespace {

ParsedCommandLine parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "fournines");
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

Options good(std::vector<const char*> arguments) {
  ParsedCommandLine parsed = parse(std::move(arguments));
  CHECK_MESSAGE(parsed.proceed, parsed.text);
  return std::move(parsed.options);
}

void refused(std::vector<const char*> arguments, const std::string& want) {
  const ParsedCommandLine parsed = parse(std::move(arguments));
  CHECK_FALSE(parsed.proceed);
  CHECK(parsed.exit_code == 2);
  CHECK(parsed.text == "fournines: " + want);
}

}  // namespace

TEST_CASE("without arguments the daemon serves on loopback with the default collectors") {
  const Options options = good({});
  CHECK(options.command == "serve");
  CHECK(options.listen_addresses == std::vector<std::string>{"127.0.0.1:9999"});
  CHECK(options.telemetry_path == "/metrics");
  CHECK(options.roots.procfs == "/proc");
  CHECK(options.collectors.at("cpu"));
}

TEST_CASE("values follow a flag with = or as the next argument, and addresses may be repeated") {
  const Options options = good(
      {"--web.listen-address=:9100", "--web.listen-address", "[::1]:1", "--path.procfs", "/p"});
  CHECK(options.listen_addresses == std::vector<std::string>{":9100", "[::1]:1"});
  CHECK(options.roots.procfs == "/p");
}

TEST_CASE("collectors are switched one by one or all off") {
  CHECK_FALSE(good({"--no-collector.cpu"}).collectors.at("cpu"));
  const Options only = good({"--collector.disable-defaults", "--collector.cpu"});
  CHECK(only.collectors.at("cpu"));
  CHECK_FALSE(only.collectors.at("meminfo"));
}

TEST_CASE("collector options are kept as they were typed") {
  const Options options =
      good({"--collector.diskstats.device-exclude=^x$", "--no-collector.netdev.netlink"});
  CHECK(options.collector_options.at("diskstats.device-exclude") == "^x$");
  CHECK(options.collector_options.at("netdev.netlink") == "false");
}

TEST_CASE("a command takes flags before and behind it") {
  CHECK(good({"--path.procfs=/p", "scrape"}).roots.procfs == "/p");
  const Options options = good({"validate", "a.yml", "b.yml", "--log.level=debug"});
  CHECK(options.command == "validate");
  CHECK(options.files == std::vector<std::string>{"a.yml", "b.yml"});
  CHECK(options.log_level == exporter::LogLevel::kDebug);
  CHECK(good({"report", "--window", "1h", "--format=json"}).report_window == "1h");
}

TEST_CASE("what is wrong is said in one line that names the flag") {
  refused({"--colector.cpu"}, "unknown flag --colector.cpu, did you mean --collector.cpu?");
  refused({"serv"}, "unknown command 'serv', see fournines --help");
  refused({"--log.level=loud"}, "--log.level: 'loud' is not one of debug, info, warn, error");
  refused({"--web.telemetry-path=metrics"}, "--web.telemetry-path: must be a path like /metrics");
  refused({"--storage.retention=5s"}, "--storage.retention: '5s' is not a duration of at least 1d");
  refused({"--web.config.file=x"},
          "--web.config.file: TLS and authentication are not built yet; refusing to serve without "
          "them");
}

TEST_CASE("help and version go to standard output and end well") {
  CHECK(parse({"--help"}).exit_code == 0);
  CHECK(parse({"--help"}).text.find("--web.listen-address") != std::string::npos);
  CHECK(parse({"--version"}).text.starts_with("fournines, version "));
}

}  // namespace app
