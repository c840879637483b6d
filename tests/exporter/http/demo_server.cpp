// A server with a page as large as a real scrape, for tests/e2e/gate_load.py before and without the
// daemon. Prints the port it got and serves until it is killed.
//
//   demo_server [page bytes]
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "exporter/core/clock.h"
#include "exporter/http/server.h"

int main(int argc, char** argv) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_BLOCK, &signals, nullptr);

  const std::size_t size = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 60'000;
  std::string page;
  while (page.size() < size)
    page += "demo_samples_total{index=\"" + std::to_string(page.size()) + "\"} 1\n";
  const auto shared = std::make_shared<const std::string>(std::move(page));

  const exporter::SystemClock clock;
  exporter::HttpServer server({.listen_addresses = {"127.0.0.1:0"}}, clock);
  server.get("/metrics", [&](const exporter::HttpRequest&) {
    exporter::HttpResponse response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.shared_body = shared;
    return response;
  });
  server.get("/", [](const exporter::HttpRequest&) { return exporter::HttpResponse{}; });
  server.post("/-/reload", [](const exporter::HttpRequest&) { return exporter::HttpResponse{}; });
  if (const auto listening = server.listen(); !listening) {
    std::fprintf(stderr, "%s\n", listening.error().message.c_str());
    return 2;
  }
  server.start();
  std::printf("%d\n", server.ports()[0]);
  std::fflush(stdout);
  int received = 0;
  sigwait(&signals, &received);
  server.stop();
  return 0;
}
