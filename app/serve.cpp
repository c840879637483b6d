// The daemon: everything is started here in order, and stopped in the reverse order. main waits for
// signals: SIGTERM and SIGINT stop, SIGHUP reloads.
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "app/build_info.h"
#include "app/clock_wait.h"
#include "app/commands.h"
#include "app/config.h"
#include "app/judging.h"
#include "app/judging_series.h"
#include "app/measuring.h"
#include "app/reload.h"
#include "app/startup_memory.h"
#include "app/web.h"
#include "app/web_series.h"
#include "exporter/core/kernel_file.h"
#include "exporter/core/log.h"
#include "exporter/probes/collector.h"
#include "slo/series.h"

namespace app {
namespace {

// Longer than the interval of any scraper that is worth a connection of its own.
constexpr std::int64_t kKeepAliveMs = 75'000;

using exporter::ErrorKind;
using exporter::log;
using exporter::LogLevel;

// Blocked before any thread starts, so that only main's sigwait gets them.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, nullptr);
  return signals;
}

// Kept kernel files and clients need descriptors: as many as we may have without asking anybody.
void raise_descriptor_limit() {
  rlimit limits{};
  if (getrlimit(RLIMIT_NOFILE, &limits) != 0 || limits.rlim_cur == limits.rlim_max) return;
  limits.rlim_cur = limits.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limits) != 0) {
    log(LogLevel::kWarn, "cannot raise the limit of open files");
  }
}

// The kernel's table of descriptors grows by doubling, and once threads share it each growth waits
// for all CPUs to have looked away (synchronize_rcu in expand_fdtable): some 10 ms, most of the
// first scrape. So it is made large enough before there are any.
void widen_descriptor_table() {
  constexpr rlim_t kDescriptors = 4096;
  rlimit limits{};
  if (getrlimit(RLIMIT_NOFILE, &limits) != 0) return;
  const int last = static_cast<int>(std::min(limits.rlim_cur, kDescriptors)) - 1;
  const exporter::FileDescriptor any(::open("/", O_PATH | O_CLOEXEC));
  const exporter::FileDescriptor at_the_end(::fcntl(any.get(), F_DUPFD_CLOEXEC, last));
}

// The threads allocate little and rarely: one heap serves them, and memory stays flat. What is
// large and short-lived leaves no hole in it.
void use_one_heap() {
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
}

void log_addresses(const Options& options, const exporter::HttpServer& server) {
  for (std::size_t i = 0; i < server.ports().size(); ++i) {
    const std::string& wanted = options.listen_addresses[i];
    const std::string host = wanted.substr(0, wanted.rfind(':'));
    log(LogLevel::kInfo, "listening",
        {{"address", host + ":" + std::to_string(server.ports()[i])}});
  }
}

std::string state_directory(const Options& options) {
  if (!options.storage_path.empty()) return options.storage_path;
  const char* systemd = std::getenv("STATE_DIRECTORY");
  return systemd != nullptr && systemd[0] != '\0' ? systemd : "data";
}

// The signal that ends the wait, 0 when it has to be waited no more.
int wait_for_clock(const ClockWait& wait, const Options& options, const exporter::Clock& clock,
                   const sigset_t& signals, Reload& reload) {
  log(LogLevel::kWarn, "the clock is not synchronised since the boot; judging waits for it",
      {{"at_most_seconds_from_boot", options.clock_wait_ms / 1000}});
  for (;;) {
    const timespec pause{0, 200'000'000};
    const int signal = sigtimedwait(&signals, nullptr, &pause);
    if (signal == SIGHUP) reload.run();
    if (signal > 0 && signal != SIGHUP) return signal;
    switch (wait.ask(clock.now())) {
      case ClockWait::Answer::kWait: break;
      case ClockWait::Answer::kSynchronised:
        log(LogLevel::kInfo, "the clock is synchronised; judging goes on");
        return 0;
      case ClockWait::Answer::kGivenUp:
        log(LogLevel::kWarn,
            "the clock is still not synchronised; judging goes on, and takes it for right");
        return 0;
    }
  }
}

// What only the start needed is given back once it is over: the first scrapes run code that others
// do not.
void wait_for_stop(const sigset_t& signals, Reload& reload) {
  const timespec start{1, 0};
  const int early = sigtimedwait(&signals, nullptr, &start);
  if (early == SIGHUP) reload.run();
  release_startup_memory();
  if (early > 0 && early != SIGHUP) return;
  for (;;) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    if (signal != SIGHUP) return;
    reload.run();
  }
}

}  // namespace

int serve(const Options& options) {
  const sigset_t signals = block_signals();
  raise_descriptor_limit();
  widen_descriptor_table();
  use_one_heap();

  ConfigErrors errors;
  const auto config = load_config_file(options.config_file, errors);
  for (const std::string& line : errors.lines()) std::fprintf(stderr, "%s\n", line.c_str());
  if (!config) return kExitUsage;

  const exporter::SystemClock clock;
  OwnSeries own;
  std::unique_ptr<exporter::ContainerFollower> containers;
  auto registry = make_registry(options, config->process_groups, clock, own, containers);
  if (!registry) return complain(kExitUsage, registry.error().message);

  exporter::GateOptions gate;
  gate.listen_addresses = options.listen_addresses;
  gate.keep_alive_ms = kKeepAliveMs;
  exporter::HttpServer server(gate, clock);
  if (auto listening = server.listen(); !listening) {
    return complain(kExitUsage, listening.error().message);
  }

  auto judging = Judging::open({options.roots.procfs, state_directory(options),
                                options.storage_retention_ms, containers.get()},
                               *config, clock);
  if (!judging) {
    const bool conflict = judging.error().kind == ErrorKind::kConflict;
    return complain(conflict ? kExitConflict : kExitUsage, judging.error().message);
  }
  (*registry)->add(std::make_unique<slo::SloSeries>([&] { return (*judging)->published(); },
                                                    [&] { return (*judging)->saved_counters(); }),
                   exporter::CollectorGroup::kOwn);
  (*registry)->add(std::make_unique<exporter::ProbeCollector>((*judging)->probes()),
                   exporter::CollectorGroup::kOwn);
  (*judging)->set_page([&](std::string& out) { (*registry)->scrape((*registry)->all(), out); });
  (*registry)->set_own([&](exporter::SampleWriter& out) {
    write_web_series(server.statistics(), out);
    write_judging_series(**judging, out);
  });
  Reload reload(options.config_file, **judging, own);
  exporter::Pages pages(**registry);
  std::atomic<bool> ready = false;
  add_routes(server, {**registry, pages, **judging, reload, ready, options.telemetry_path,
                      options.enable_lifecycle, options.enable_admin_api, clock});

  log(LogLevel::kInfo, "starting fournines", {{"version", kVersion}, {"revision", kRevision}});
  if (has_network_of_its_own(options.roots)) {
    log(LogLevel::kWarn,
        "interfaces, sockets and routes are those of this process' own network, not of the host's: "
        "run in the host's network, or name its /proc with --path.procfs");
  }
  const ClockWait wait(options.clock_wait_ms, is_clock_synchronised);
  const bool waits =
      (*judging)->is_after_reboot() && wait.ask(clock.now()) == ClockWait::Answer::kWait;
  int stopped_by = 0;
  if (waits) {
    // Measuring waits for nothing.
    if (containers) containers->start();
    server.start();
    log_addresses(options, server);
    stopped_by = wait_for_clock(wait, options, clock, signals, reload);
  }
  if (stopped_by == 0) (*judging)->start();
  if (!waits) {
    if (containers) containers->start();
    server.start();
    log_addresses(options, server);
  }
  ready = true;

  if (stopped_by == 0) wait_for_stop(signals, reload);
  log(LogLevel::kInfo, "stopping");
  server.stop();
  if (containers) containers->stop();
  (*judging)->stop();
  log(LogLevel::kInfo, "stopped");
  return kExitYes;
}

}  // namespace app
