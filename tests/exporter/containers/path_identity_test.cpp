#include "exporter/containers/path_identity.h"

#include "tests/exporter/containers/path_cases.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

TEST_CASE("a path tells runtime, id, name, pod and class") {
  for (const path_cases::Case& c : path_cases::kCases) {
    CAPTURE(c.path);
    const PathIdentity identity = identify(c.path);
    CHECK(identity.kind == c.kind);
    CHECK(identity.runtime == c.runtime);
    CHECK(identity.id == c.id);
    CHECK(identity.name == c.name);
    CHECK(identity.pod_uid == c.pod_uid);
    CHECK(identity.qos == c.qos);
  }
}

TEST_CASE("any bytes may stand in a path") {
  CHECK(identify("").kind == GroupKind::kSlice);
  CHECK(identify("/\xff\xfe/\"\n").kind == GroupKind::kSlice);
  CHECK(identify("/system.slice/\xc3\xa9.service").name == "\xc3\xa9.service");
}

TEST_CASE("escapes of unit names are undone, what is none stays") {
  CHECK(unescape_unit("a\\x2db") == "a-b");
  CHECK(unescape_unit("a\\x2") == "a\\x2");
  CHECK(unescape_unit("a\\xZZ\\\\") == "a\\xZZ\\\\");
  CHECK(unescape_unit("\\x5cx2d") == "\\x2d");
}

TEST_CASE("classes have the names that Kubernetes gives them") {
  CHECK(name(KubernetesQos::kNone).empty());
  CHECK(name(KubernetesQos::kGuaranteed) == "guaranteed");
  CHECK(name(KubernetesQos::kBurstable) == "burstable");
  CHECK(name(KubernetesQos::kBestEffort) == "besteffort");
}

}  // namespace
}  // namespace exporter
