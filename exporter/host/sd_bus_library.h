// libsystemd's sd-bus, loaded when a collector first asks for it: everybody else is spared its
// pages and those of the libraries behind it (850 kB), and a machine without it lacks two
// collectors, nothing more. Any thread.
#pragma once

#include <systemd/sd-bus.h>

namespace exporter {

#define FOURNINES_SD_BUS_FUNCTIONS(F) \
  F(call_method)                      \
  F(call_method_async)                \
  F(close_unref)                      \
  F(error_free)                       \
  F(error_has_name)                   \
  F(get_property_string)              \
  F(is_open)                          \
  F(message_enter_container)          \
  F(message_is_method_error)          \
  F(message_peek_type)                \
  F(message_read)                     \
  F(message_read_basic)               \
  F(message_unref)                    \
  F(new)                              \
  F(open_system)                      \
  F(process)                          \
  F(set_address)                      \
  F(set_bus_client)                   \
  F(set_method_call_timeout)          \
  F(start)                            \
  F(wait)

// sd.call_method_(...) is sd_bus_call_method(...), and so on.
struct SdBus {
#define FOURNINES_SD_BUS_MEMBER(name) decltype(&::sd_bus_##name) name##_ = nullptr;
  FOURNINES_SD_BUS_FUNCTIONS(FOURNINES_SD_BUS_MEMBER)
#undef FOURNINES_SD_BUS_MEMBER
};

// Null when this machine has no libsystemd, or one too old.
const SdBus* sd_bus_library();

}  // namespace exporter
