// What a container is judged to be, from what the runtimes tell.
#include "tests/slo/container_host.h"

using namespace slo;           // the subject of this file
using namespace slo::testing;  // the machine

TEST_CASE(
    "a running container is an objective that is up, with tickets only and two windows shown") {
  Host host;
  host.container("web");
  host.live(60);
  const Judgement web = host.slo("web");
  CHECK(web.spec->service == "web");
  CHECK(web.state == State::kUp);
  CHECK(web.window().totals.down_ms == 0);
  CHECK(web.window().totals.up_ms >= 58'000);
  CHECK(web.counters.incidents == 0);
  CHECK_FALSE(web.spec->alert_rows.empty());
  for (const AlertRow& row : web.spec->alert_rows) CHECK(row.severity == Severity::kTicket);
  CHECK(std::ranges::count_if(web.windows, [&](const WindowView& window) {
          return web.spec->is_window_shown(window.window_ms);
        }) == 2);
}

TEST_CASE("an outage is as long as the runtime's records say, to the millisecond") {
  Host host;
  host.container("web");
  host.live(60);
  host.pass(300);
  host.exit("web", 1);
  host.pass(700);
  host.look();
  CHECK(host.slo("web").state == State::kDown);
  CHECK(host.slo("web").cause == Cause::kExited);
  host.live(10);
  host.pass(100);
  host.run_again("web");
  host.pass(400);
  host.look();
  host.live(120);
  const Judgement web = host.slo("web");
  CHECK(web.state == State::kUp);
  CHECK(web.counters.incidents == 1);
  CHECK(web.window().totals.down_ms == 10'800);
  CHECK(web.incidents.mttr_seconds == doctest::Approx(10.8));
}

TEST_CASE("what happened before the judge last looked, but was seen after, is still exact") {
  Host host;
  host.container("web");
  host.live(60);
  host.pass(300);
  host.exit("web", 1);
  host.pass(300);
  host.step();
  host.run_again("web");
  host.pass(300);
  host.step();
  host.pass(100);
  host.look();
  host.live(60);
  CHECK(host.slo("web").window().totals.down_ms == 300);
}

TEST_CASE("an end that is written down only after a view that still showed it running is exact") {
  Host host;
  host.container("web");
  host.live(60);
  host.pass(300);
  host.look();
  host.pass(20);
  host.exit("web", 1);
  host.container("web").finished_unix_ms -= 100;  // before that view
  host.look();
  host.pass(700);
  host.run_again("web");
  host.look();
  host.live(90);
  CHECK(host.slo("web").counters.incidents == 1);
  CHECK(host.slo("web").window().totals.down_ms == 800);
}

TEST_CASE("a restart between two views is an incident, too") {
  Host host;
  host.container("web");
  host.live(60);
  host.pass(200);
  host.exit("web", 1);
  host.pass(300);
  host.run_again("web");
  host.pass(500);
  host.look();
  host.live(90);
  CHECK(host.slo("web").counters.incidents == 1);
  CHECK(host.slo("web").window().totals.down_ms == 300);
}

TEST_CASE("a container made anew goes on with the record of its name, down for the time between") {
  Host host;
  host.container("web");
  host.live(60);
  const SloId id = host.slo("web").id;
  host.remove("web");
  host.live(4);
  CHECK(host.slo("web").state == State::kDown);
  CHECK(host.slo("web").cause == Cause::kRemoved);
  host.container("web").id = "web-2";
  host.live(60);
  CHECK(host.slo("web").id == id);
  CHECK(host.slo("web").state == State::kUp);
  // Seen gone a second after it was last there, back when it started.
  CHECK(host.slo("web").window().totals.down_ms >= 3'000);
  CHECK(host.slo("web").window().totals.down_ms <= 3'002);
}

TEST_CASE("made anew between two views, it is down since it was last seen") {
  Host host;
  host.container("web");
  host.live(60);
  host.pass(400);
  host.remove("web");
  host.container("web").id = "web-2";
  host.pass(600);
  host.look();
  host.live(60);
  CHECK(host.slo("web").counters.incidents == 1);
  CHECK(host.slo("web").window().totals.down_ms >= 390);
  CHECK(host.slo("web").window().totals.down_ms <= 400);
}

TEST_CASE("a kill for want of memory is an incident, with its cause and also when it runs on") {
  Host host;
  host.container("web");
  host.container("batch");
  host.live(60);
  host.container("web").oom_kills = 1;
  host.exit("web", 137);
  host.container("batch").oom_kills = 1;
  host.live(5);
  CHECK(host.slo("web").cause == Cause::kOomKilled);
  CHECK(host.slo("batch").state == State::kUp);
  CHECK(host.slo("batch").counters.incidents == 1);
  CHECK(host.slo("batch").window().totals.down_ms == 1);
}

TEST_CASE("unhealthy is down; after a restart it is up when it is healthy, not when it runs") {
  Host host;
  host.container("web").health = ContainerHealth::kStarting;
  host.live(10);
  CHECK(host.slo("web").state == State::kUnknown);
  host.container("web").health = ContainerHealth::kHealthy;
  host.live(60);
  CHECK(host.slo("web").state == State::kUp);
  host.container("web").health = ContainerHealth::kUnhealthy;
  host.live(5);
  CHECK(host.slo("web").cause == Cause::kUnhealthy);
  host.exit("web", 1);
  host.pass(1);
  host.run_again("web");
  host.container("web").health = ContainerHealth::kStarting;
  host.live(5);
  CHECK(host.slo("web").state == State::kDown);
  host.container("web").health = ContainerHealth::kHealthy;
  host.live(5);
  CHECK(host.slo("web").state == State::kUp);
  CHECK(host.slo("web").counters.incidents == 1);
}

TEST_CASE("a healthy container that restarts between two views is down until it is healthy again") {
  Host host;
  host.container("web").health = ContainerHealth::kHealthy;
  host.live(60);
  host.exit("web", 1);
  host.pass(1);
  host.run_again("web");
  host.container("web").health = ContainerHealth::kStarting;
  host.live(5);
  CHECK(host.slo("web").state == State::kDown);
  host.container("web").health = ContainerHealth::kHealthy;
  host.live(5);
  CHECK(host.slo("web").state == State::kUp);
  CHECK(host.slo("web").window().totals.down_ms >= 5'000);
}
