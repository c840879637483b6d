#include "exporter/host/options.h"

#include "tests/support/doctest.h"

namespace exporter {
namespace {

HostContext with(std::string name, std::string value) {
  HostContext context = make_host_context({});
  context.options[std::move(name)] = std::move(value);
  return context;
}

TEST_CASE("durations are written as in Go") {
  const auto ns = [](const std::string& text) {
    return duration_option_ns(with("filesystem.mount-timeout", text), "filesystem.mount-timeout");
  };
  CHECK(ns("5s") == 5'000'000'000);
  CHECK(ns("1m30s") == 90'000'000'000);
  CHECK(ns("500ms") == 500'000'000);
  CHECK(ns("1h0m") == 3'600'000'000'000);
  CHECK(ns("2us") == 2'000);
  CHECK(ns("7ns") == 7);
  CHECK_FALSE(ns("5d"));
  CHECK_FALSE(ns("1.5s"));
}

TEST_CASE("a flag is true or false") {
  CHECK(flag_option(with("stat.softirq", "true"), "stat.softirq") == true);
  CHECK(flag_option(with("stat.softirq", "false"), "stat.softirq") == false);
  CHECK(flag_option(with("stat.softirq", "1"), "stat.softirq").error().message ==
        "--collector.stat.softirq: '1' is neither true nor false");
}

TEST_CASE("an exclude that was emptied excludes nothing, also beside an include") {
  HostContext context = with("diskstats.device-exclude", "");
  CHECK(filter_option(context, "diskstats.device-include", "diskstats.device-exclude")
            ->passes("loop0"));
  context.options["diskstats.device-include"] = "^sd";
  const auto filter =
      filter_option(context, "diskstats.device-include", "diskstats.device-exclude");
  REQUIRE(filter);
  CHECK(filter->passes("sda1"));
  CHECK_FALSE(filter->passes("loop0"));
}

}  // namespace
}  // namespace exporter
