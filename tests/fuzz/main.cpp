// All fuzz targets in one libFuzzer program; --target=NAME picks one, --list prints the names. A
// target is a function over bytes that crashes, or aborts through FUZZ_CHECK, on a finding. Adding
// one: its file tests/fuzz/<name>.cpp with fuzz_<name>(), a line here, a line in meson.build, seeds
// in corpus/<name>/.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#define FUZZ_TARGETS(TARGET)  \
  TARGET(alertmanager_answer) \
  TARGET(calendar)            \
  TARGET(config)              \
  TARGET(containers)          \
  TARGET(device_files)        \
  TARGET(dialogue)            \
  TARGET(dns_answer)          \
  TARGET(event_log)           \
  TARGET(exposition)          \
  TARGET(file_sd)             \
  TARGET(hardware_text)       \
  TARGET(http_head)           \
  TARGET(http_query)          \
  TARGET(import)              \
  TARGET(kernel_tables)       \
  TARGET(kernel_text)         \
  TARGET(openmetrics)         \
  TARGET(outbox_row)          \
  TARGET(probe_answer)        \
  TARGET(probe_query)         \
  TARGET(probe_url)           \
  TARGET(process_text)        \
  TARGET(prometheus_answer)   \
  TARGET(selector)            \
  TARGET(stored_state)

#define DECLARE_TARGET(name) void fuzz_##name(std::string_view input);
FUZZ_TARGETS(DECLARE_TARGET)

namespace {

struct Target {
  std::string_view name;
  void (*run)(std::string_view input);
};

#define TARGET_ROW(name) Target{#name, fuzz_##name},
constexpr std::array kTargets{FUZZ_TARGETS(TARGET_ROW)};

constexpr std::size_t kMaxInputBytes = 4096;  // so that a time-out is a finding

const Target* chosen = nullptr;

const Target* find_target(std::string_view name) {
  for (const Target& target : kTargets) {
    if (target.name == name) return &target;
  }
  std::fprintf(stderr, "no fuzz target '%.*s'\n", static_cast<int>(name.size()), name.data());
  std::exit(2);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  constexpr std::string_view kFlag = "--target=";
  int kept = 0;
  for (int i = 0; i < *argc; ++i) {
    const std::string_view argument = (*argv)[i];
    if (argument == "--list") {
      for (const Target& target : kTargets) {
        std::printf("%.*s\n", static_cast<int>(target.name.size()), target.name.data());
      }
      std::exit(0);
    }
    if (argument.starts_with(kFlag)) {
      chosen = find_target(argument.substr(kFlag.size()));
    } else {
      (*argv)[kept++] = (*argv)[i];
    }
  }
  *argc = kept;
  if (chosen == nullptr) find_target("");
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size > kMaxInputBytes) return -1;
  chosen->run({reinterpret_cast<const char*>(data), size});
  return 0;
}
