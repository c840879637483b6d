#include "exporter/host/sd_bus_library.h"

#include <dlfcn.h>

#include <optional>

namespace exporter {
namespace {

template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

std::optional<SdBus> load() {
  void* library = ::dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return std::nullopt;
  SdBus functions;
#define FOURNINES_SD_BUS_FIND(name) \
  if (!find(library, "sd_bus_" #name, functions.name##_)) return std::nullopt;
  FOURNINES_SD_BUS_FUNCTIONS(FOURNINES_SD_BUS_FIND)
#undef FOURNINES_SD_BUS_FIND
  return functions;
}

}  // namespace

const SdBus* sd_bus_library() {
  static const std::optional<SdBus> kLibrary = load();
  return kLibrary ? &*kLibrary : nullptr;
}

}  // namespace exporter
