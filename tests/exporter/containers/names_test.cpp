// Names, networks and states as they come together on a page.
#include "exporter/containers/names.h"

#include <filesystem>

#include "tests/exporter/containers/container_driver.h"
#include "tests/exporter/containers/machine_tree.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

const std::string kId = container_id("a1");
const std::string kPath = "/docker/" + kId;
constexpr const char* kRunning =
    R"({"Running":true,"Pid":40,"StartedAt":"2026-11-25T20:57:37Z","Health":{"Status":"healthy"}})";

TEST_CASE("a container of Docker carries its name, image and Compose labels on all series") {
  MachineTree machine(CgroupVersion::kTwo);
  machine.add_group("/docker", 3);
  machine.add_group(kPath, 2);
  machine.add_process(40, kPath);
  machine.add_docker(
      kId, "web", kRunning,
      R"({"com.docker.compose.service":"w","secret.key":"x","fournines.watch":"true"})", "always");
  ContainerDriver driver(machine.roots());
  driver.scrape();
  const std::string labels = "{id=\"" + kPath +
                             "\",name=\"web\",image=\"nginx:1.27\","
                             "container_label_com_docker_compose_service=\"w\","
                             "container_label_fournines_watch=\"true\"}";
  CHECK(driver.value("container_memory_rss" + labels) == "2000011");
  CHECK(driver.value("container_health_state" + labels) == "1");
  CHECK(driver.value("container_start_time_seconds" + labels) == "1795640257");
  CHECK(driver.value("fournines_container_state{name=\"web\",state=\"running\"}") == "1");
  CHECK(driver.value("fournines_container_state{name=\"web\",state=\"exited\"}") == "0");
  CHECK(driver.value("fournines_container_restarts_total{name=\"web\"}") == "2");
  CHECK(driver.has("fournines_container_info{name=\"web\",container_id=\"" + kId +
                   "\",image=\"nginx:1.27\",runtime=\"docker\",restart_policy=\"always\","
                   "compose_service=\"w\",container_label_com_docker_compose_service=\"w\","
                   "container_label_fournines_watch=\"true\",container_label_secret_key=\"x\"} 1"));
  CHECK_FALSE(driver.has("s3cr3t"));
}

TEST_CASE("names join a container that was seen before, and no file of a runtime hides it") {
  MachineTree machine(CgroupVersion::kTwo);
  machine.add_group("/docker", 3);
  machine.add_group(kPath, 2);
  machine.files().write("var/lib/docker/containers/" + kId + "/config.v2.json", "{ broken");
  ContainerDriver driver(machine.roots());
  driver.scrape();
  CHECK(driver.value("container_memory_rss{id=\"" + kPath + "\",name=\"\",image=\"\"}") ==
        "2000011");
  CHECK_FALSE(driver.follower().view()->complete);
  driver.follower().start();
  machine.add_docker(kId, "web", kRunning);
  while (driver.follower().roster()->records.empty()) {
  }
  driver.scrape();
  CHECK(driver.value("container_memory_rss{id=\"" + kPath +
                     "\",name=\"web\",image=\"nginx:1.27\"}") == "2000011");
}

TEST_CASE("a start that Docker has not told yet is not guessed: it would move, like a restart") {
  MachineTree machine(CgroupVersion::kTwo);
  machine.add_group("/docker", 3);
  machine.add_group(kPath, 2);
  machine.add_process(40, kPath);
  machine.add_docker(kId, "web", R"({"Running":true,"Pid":40})");
  ContainerDriver driver(machine.roots());
  driver.scrape();
  const std::string labels = "{id=\"" + kPath + "\",name=\"web\",image=\"nginx:1.27\"}";
  CHECK(driver.has("container_last_seen" + labels));
  CHECK_FALSE(driver.has("container_start_time_seconds" + labels));
}

TEST_CASE("a stopped container has a state, an exit code and the time of its end") {
  MachineTree machine(CgroupVersion::kTwo);
  machine.add_docker(kId, "job",
                     R"({"ExitCode":3,"StartedAt":"2026-11-25T20:57:37Z",)"
                     R"("FinishedAt":"2026-11-25T20:57:38.5Z"})");
  ContainerDriver driver(machine.roots());
  driver.scrape();
  CHECK(driver.value("fournines_container_state{name=\"job\",state=\"exited\"}") == "1");
  CHECK(driver.value("fournines_container_exit_code{name=\"job\"}") == "3");
  CHECK(driver.value("fournines_container_finished_timestamp_seconds{name=\"job\"}") ==
        "1795640258.5");
  CHECK_FALSE(driver.has("container_memory_rss{id=\"" + kPath));
}

TEST_CASE("health: no check is -1, starting and unhealthy are 0") {
  const auto health_of = [](const char* state) {
    MachineTree machine(CgroupVersion::kTwo);
    machine.add_group("/docker", 3);
    machine.add_group(kPath, 2);
    machine.add_docker(kId, "web", state);
    ContainerDriver driver(machine.roots());
    driver.scrape();
    return driver.value("container_health_state{id=\"" + kPath +
                        "\",name=\"web\",image=\"nginx:1.27\"}");
  };
  CHECK(health_of(R"({"Running":true})") == "-1");
  CHECK(health_of(R"({"Running":true,"Health":{"Status":"starting"}})") == "0");
  CHECK(health_of(R"({"Running":true,"Health":{"Status":"unhealthy"}})") == "0");
  CHECK(health_of(R"({"Running":true,"Health":{"Status":"healthy"}})") == "1");
}

TEST_CASE("a pod's traffic is told once, for its sandbox, and the pod's group is named") {
  const std::string pod = "/kubepods/burstable/pod0a1b2c3d-1111-2222-3333-444455556666";
  const std::string app = pod + "/" + container_id("a1");
  const std::string sandbox = pod + "/" + container_id("b2");
  MachineTree machine(CgroupVersion::kTwo);
  machine.add_group("/kubepods", 3);
  machine.add_group("/kubepods/burstable", 3);
  machine.add_group(pod, 3);
  machine.add_group(app, 2);
  machine.add_group(sandbox, 4);
  machine.add_process(50, sandbox);
  machine.add_process(51, app, 50);
  machine.add_cri(container_id("a1"), "app", "shop-7d", "prod", false, 51);
  machine.add_cri(container_id("b2"), "", "shop-7d", "prod", true, 50);
  ContainerDriver driver(machine.roots());
  driver.scrape();
  const std::string of_app = "{id=\"" + app +
                             "\",name=\"app\",image=\"registry.example/app:2\",container=\"app\","
                             "pod=\"shop-7d\",namespace=\"prod\"";
  const std::string of_sandbox = "{id=\"" + sandbox +
                                 "\",name=\"POD\",image=\"\",container=\"POD\",pod=\"shop-7d\","
                                 "namespace=\"prod\"";
  CHECK(driver.value("container_memory_rss" + of_app + "}") == "2000011");
  CHECK(driver.value("container_network_receive_bytes_total" + of_sandbox +
                     ",interface=\"eth0\"}") == "50000");
  CHECK_FALSE(driver.has("container_network_receive_bytes_total" + of_app));
  CHECK(driver.has("container_memory_rss{id=\"" + pod +
                   "\",name=\"\",image=\"\",pod=\"shop-7d\",namespace=\"prod\"}"));
  CHECK(driver.has("qos=\"burstable\""));
}

TEST_CASE("the host's network is told for the root alone") {
  MachineTree machine(CgroupVersion::kTwo);
  machine.add_group("/docker", 3);
  machine.add_group(kPath, 2);
  machine.add_process(40, kPath, 1);
  ContainerDriver driver(machine.roots());
  driver.scrape();
  CHECK(driver.value("container_network_receive_bytes_total{id=\"/\",name=\"\",image=\"\","
                     "interface=\"eth0\"}") == "1000");
  CHECK_FALSE(driver.has("container_network_receive_bytes_total{id=\"" + kPath));
}

TEST_CASE("a name in a label that no metric may have is made one") {
  CHECK(label_name("com.docker/x-Y_9") == "container_label_com_docker_x_Y_9");
  CHECK(label_name("\xc3\xa4") == "container_label___");
}

TEST_CASE("two labels that become the same name are told once") {
  MachineTree machine(CgroupVersion::kTwo);
  machine.add_docker(kId, "web", "{}", R"({"a.b":"1","a-b":"2"})");
  ContainerDriver driver(machine.roots());
  driver.scrape();
  CHECK(driver.has("container_label_a_b=\"2\"} 1"));
  CHECK_FALSE(driver.has("container_label_a_b=\"1\""));
}

TEST_CASE("OOM kills go on under the name when the container is made anew") {
  MachineTree machine(CgroupVersion::kTwo);
  machine.add_group("/docker", 3);
  machine.add_group(kPath, 2);
  machine.add_docker(kId, "web", "{\"Running\":true}");
  ContainerDriver driver(machine.roots());
  driver.scrape();
  const std::string total = "fournines_container_oom_kills_total{name=\"web\"}";
  CHECK(driver.value(total) == "2");
  // Moved away and not removed, lest the new one gets the same inode.
  std::filesystem::rename(machine.files().path(machine.directory("", kPath)),
                          machine.files().path("gone"));
  driver.scrape();
  CHECK(driver.value(total) == "2");
  machine.add_group(kPath, 4);
  machine.write("", kPath, "memory.events", "oom_kill 3\n");
  driver.scrape();
  driver.scrape();
  CHECK(driver.value(total) == "5");
}

}  // namespace
}  // namespace exporter
