// What systemd says of itself and its units, org.freedesktop.systemd1(5).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exporter/core/error.h"
#include "exporter/core/name_filter.h"
#include "exporter/host/bus.h"

namespace exporter {

struct SystemdUnit {
  enum Property : std::uint8_t {
    kRestarts,     // of services
    kTasks,        // likewise
    kTasksMax,     // likewise
    kActiveEnter,  // Unix time in microseconds
    kLastTrigger,  // of timers, likewise
    kAccepted,     // of sockets
    kConnections,  // likewise
    kRefused,      // likewise, since systemd 239
    kPropertyCount
  };

  std::string name;
  std::string active_state;
  std::string type;  // of services and mounts
  std::array<std::optional<std::uint64_t>, kPropertyCount> properties{};
};

struct SystemdReading {
  std::string version;                        // as it says it, "252.39-1~deb12u2"
  std::optional<std::string> virtualization;  // none when it could not be had
  std::optional<std::string> state;           // "running", "degraded", ...; since systemd 212
  std::map<std::string, std::uint64_t> units_by_state;
  std::vector<SystemdUnit> units;  // the wanted ones that are loaded
};

struct SystemdWanted {
  NameFilter units;
  bool restarts = false;
  bool tasks = false;
  bool start_times = false;
};

// Asks systemd over the bus. Keeps the connection, and the types of units, which hardly ever
// change. One thread at a time.
class SystemdReader {
 public:
  SystemdReader(std::string bus_address, SystemdWanted wanted)
      : bus_(std::move(bus_address)), wanted_(std::move(wanted)) {}

  Result<SystemdReading> read();

 private:
  struct Listed {
    SystemdUnit unit;
    std::string path;
  };

  Result<std::vector<Listed>> list(SystemdReading& reading);
  Result<void> add_properties(std::vector<Listed>& units);

  Bus bus_;
  const SystemdWanted wanted_;
  std::map<std::string, std::string> types_;  // by unit
  std::uint64_t readings_ = 0;
};

}  // namespace exporter
