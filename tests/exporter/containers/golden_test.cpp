// The whole page of machines with every kind of group that the reference knows, on each version.
#include <array>
#include <string>
#include <vector>

#include "tests/exporter/containers/container_driver.h"
#include "tests/exporter/containers/machine_tree.h"
#include "tests/support/golden.h"

namespace exporter {
namespace {

const std::string kTests = FOURNINES_TESTS;

std::string pod(const char* form) {
  const std::string uid = "0a1b2c3d-1111-2222-3333-444455556666";
  const std::string flat = "0a1b2c3d_1111_2222_3333_444455556666";
  std::string path(form);
  for (const auto& [word, value] : {std::pair{"UID_", flat}, std::pair{"UID", uid}}) {
    for (std::size_t at = path.find(word); at != std::string::npos; at = path.find(word)) {
      path.replace(at, std::string(word).size(), value);
    }
  }
  return path;
}

// Parents come before children; "ID<n>" becomes an id.
const std::vector<std::string> kGroups{
    "/docker",
    "/docker/ID1",
    "/system.slice",
    "/system.slice/docker-ID2.scope",
    "/system.slice/nginx.service",
    "/system.slice/var.mount",
    "/default",
    "/default/ID3",
    "/kubepods.slice",
    "/kubepods.slice/kubepods-burstable.slice",
    "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUID_.slice",
    "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUID_.slice/"
    "cri-containerd-ID4.scope",
    "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUID_.slice/"
    "cri-containerd-ID5.scope",
    "/kubepods",
    "/kubepods/besteffort",
    "/kubepods/besteffort/podUID",
    "/kubepods/besteffort/podUID/crio-ID6",
    "/kubepods/besteffort/podUID/crio-conmon-ID6",
    "/machine.slice",
    "/machine.slice/libpod-ID7.scope",
    "/machine.slice/libpod-ID7.scope/container",
    "/machine.slice/libpod-conmon-ID7.scope",
    "/machine.slice/machine-qemu\\x2d1\\x2dvm.scope",
    "/machine.slice/systemd-nspawn@guest.service",
    "/machine.slice/systemd-nspawn@guest.service/payload",
    "/lxc.payload.box",
    "/lxc.monitor.box",
};

std::string with_id(std::string path) {
  for (std::size_t at = path.find("ID"); at != std::string::npos; at = path.find("ID", at + 1)) {
    const char digit = path[at + 2];
    if (digit >= '0' && digit <= '9') path.replace(at, 3, container_id(std::string("c") + digit));
  }
  return path;
}

std::string page_of(CgroupVersion version) {
  MachineTree machine(version);
  std::uint32_t seed = 1;
  for (const std::string& form : kGroups) {
    const std::string path = with_id(pod(form.c_str()));
    machine.add_group(path, ++seed);
    if (path.find(".scope") != std::string::npos || path.find("docker/") != std::string::npos) {
      // The app in the pod uses the sandbox's network.
      machine.add_process(100 + seed, path, seed == 14 ? 113 : 0);
    }
  }
  machine.add_docker(container_id("c1"), "shop-web-1",
                     R"({"Running":true,"Pid":103,"StartedAt":"2026-11-25T20:57:37Z",)"
                     R"("Health":{"Status":"healthy"}})",
                     R"({"com.docker.compose.project":"shop","com.docker.compose.service":"web"})",
                     "always");
  machine.add_docker(container_id("c9"), "job",
                     R"({"ExitCode":3,"StartedAt":"2026-11-25T20:57:37Z",)"
                     R"("FinishedAt":"2026-11-25T20:57:38Z"})");
  machine.add_cri(container_id("c4"), "", "shop-7d", "prod", true, 113);
  machine.add_cri(container_id("c5"), "app", "shop-7d", "prod", false, 114);
  ContainerDriver driver(machine.roots());
  const std::string first = driver.scrape();
  CHECK(driver.result());
  CHECK(driver.block().duplicates() == 0);
  CHECK(driver.scrape() == first);
  return first;
}

TEST_CASE("the page of a machine with cgroup v1") {
  test::check_golden(kTests + "/golden/containers-v1.prom", page_of(CgroupVersion::kOne));
}
TEST_CASE("the page of a machine with cgroup v2") {
  test::check_golden(kTests + "/golden/containers-v2.prom", page_of(CgroupVersion::kTwo));
}
TEST_CASE("the page of a machine with both") {
  test::check_golden(kTests + "/golden/containers-hybrid.prom", page_of(CgroupVersion::kHybrid));
}

}  // namespace
}  // namespace exporter
