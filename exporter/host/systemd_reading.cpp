// ListUnits() gives name, description, load state, active state, sub state, followed unit, object
// path, job number, job type, job path: "a(ssssssouso)". Everything else is one property of one
// unit, asked for all at once.
#include "exporter/host/systemd_reading.h"

#include <string_view>

#include "exporter/host/sd_bus_library.h"

namespace exporter {
namespace {

const SdBus& sd() { return *sd_bus_library(); }

constexpr char kManager[] = "org.freedesktop.systemd1.Manager";
const BusObject kSystemd{"org.freedesktop.systemd1", "/org/freedesktop/systemd1"};
// Types are asked for again once in so many readings.
constexpr std::uint64_t kTypesEvery = 64;

struct WantedProperty {
  std::string_view ending;  // of the unit's name; empty: all units
  const char* interface;
  const char* name;
  SystemdUnit::Property property;
  bool SystemdWanted::* flag;  // null: always
};

constexpr char kService[] = "org.freedesktop.systemd1.Service";
constexpr char kSocket[] = "org.freedesktop.systemd1.Socket";
constexpr WantedProperty kProperties[] = {
    {".service", kService, "NRestarts", SystemdUnit::kRestarts, &SystemdWanted::restarts},
    {".service", kService, "TasksCurrent", SystemdUnit::kTasks, &SystemdWanted::tasks},
    {".service", kService, "TasksMax", SystemdUnit::kTasksMax, &SystemdWanted::tasks},
    {"", "org.freedesktop.systemd1.Unit", "ActiveEnterTimestamp", SystemdUnit::kActiveEnter,
     &SystemdWanted::start_times},
    {".timer", "org.freedesktop.systemd1.Timer", "LastTriggerUSec", SystemdUnit::kLastTrigger,
     nullptr},
    {".socket", kSocket, "NAccepted", SystemdUnit::kAccepted, nullptr},
    {".socket", kSocket, "NConnections", SystemdUnit::kConnections, nullptr},
    {".socket", kSocket, "NRefused", SystemdUnit::kRefused, nullptr},
};

const char* type_interface(std::string_view unit) {
  if (unit.ends_with(".service")) return kService;
  if (unit.ends_with(".mount")) return "org.freedesktop.systemd1.Mount";
  return nullptr;
}

}  // namespace

Result<std::vector<SystemdReader::Listed>> SystemdReader::list(SystemdReading& reading) {
  for (const char* state : {"active", "activating", "deactivating", "inactive", "failed"}) {
    reading.units_by_state[state] = 0;
  }
  const auto reply = bus_.call(kSystemd, kManager, "ListUnits");
  if (!reply) return std::unexpected(reply.error());
  std::vector<Listed> units;
  sd_bus_message* message = reply->get();
  int error = sd().message_enter_container_(message, 'a', "(ssssssouso)");
  while (error > 0) {
    const char* name = nullptr;
    const char* load = nullptr;
    const char* active = nullptr;
    const char* path = nullptr;
    error = sd().message_read_(message, "(ssssssouso)", &name, nullptr, &load, &active, nullptr,
                               nullptr, &path, nullptr, nullptr, nullptr);
    if (error <= 0) break;
    ++reading.units_by_state[active];
    if (std::string_view(load) != "loaded" || !wanted_.units.passes(name)) continue;
    units.push_back({SystemdUnit{name, active, "", {}}, path});
  }
  if (error < 0) {
    return fail(ErrorKind::kParse, kSystemd.owner + " ListUnits: not the form that is documented");
  }
  return units;
}

Result<void> SystemdReader::add_properties(std::vector<Listed>& units) {
  if (readings_++ % kTypesEvery == 0) types_.clear();
  std::vector<PropertyQuestion> questions;
  for (Listed& listed : units) {
    SystemdUnit& unit = listed.unit;
    if (const char* interface = type_interface(unit.name)) {
      if (const auto known = types_.find(unit.name); known != types_.end()) {
        unit.type = known->second;
      } else {
        questions.push_back(
            {listed.path, interface, "Type", [this, &unit](const std::string& text, std::uint64_t) {
               types_[unit.name] = unit.type = text;
             }});
      }
    }
    for (const WantedProperty& wanted : kProperties) {
      if (!unit.name.ends_with(wanted.ending)) continue;
      if (wanted.flag != nullptr && !(wanted_.*wanted.flag)) continue;
      questions.push_back({listed.path, wanted.interface, wanted.name,
                           [&unit, &wanted](const std::string&, std::uint64_t number) {
                             unit.properties[wanted.property] = number;
                           }});
    }
  }
  return bus_.ask(kSystemd.owner, questions);
}

Result<SystemdReading> SystemdReader::read() {
  SystemdReading reading;
  auto units = list(reading);
  if (!units) return std::unexpected(units.error());
  if (auto asked = add_properties(*units); !asked) return std::unexpected(asked.error());
  for (Listed& listed : *units) reading.units.push_back(std::move(listed.unit));
  const auto property = [this](const char* name) -> std::optional<std::string> {
    auto text = bus_.text_property(kSystemd, kManager, name);
    if (!text) return std::nullopt;
    return std::move(*text);
  };
  reading.version = property("Version").value_or("");
  reading.virtualization = property("Virtualization");
  reading.state = property("SystemState");
  return reading;
}

}  // namespace exporter
