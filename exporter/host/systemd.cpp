#include "exporter/host/systemd.h"

#include <re2/re2.h>

#include "exporter/host/latest.h"
#include "exporter/host/options.h"
#include "exporter/host/systemd_reading.h"

namespace exporter {
namespace {

using Unit = SystemdUnit;

constexpr Family of_unit(std::string_view name, std::string_view help,
                         MetricType type = MetricType::kGauge) {
  return {name, help, type, {"name"}};
}

constexpr Family kState{"node_systemd_unit_state",
                        "1 for the state the unit is in.",
                        MetricType::kGauge,
                        {"name", "state", "type"}};
constexpr Family kUnits{
    "node_systemd_units", "Units in this state, filtered or not.", MetricType::kGauge, {"state"}};
constexpr Family kRunning{"node_systemd_system_running",
                          "1 when systemd calls the system running, 0 when it is starting, "
                          "degraded or the like."};
constexpr Family kVersion{"node_systemd_version",
                          "The number of systemd's version, and all of it as a label.",
                          MetricType::kGauge,
                          {"version"}};
constexpr Family kVirtualization{"node_systemd_virtualization_info",
                                 "What systemd thinks the machine runs in; always 1.",
                                 MetricType::kGauge,
                                 {"virtualization_type"}};

// node_exporter calls refused connections a gauge, and so do we.
struct UnitFamily {
  Family family;
  Unit::Property property;
  enum : std::uint8_t { kPlain, kMicroseconds, kTaskCount } form = kPlain;
};
constexpr UnitFamily kUnitFamilies[] = {
    {of_unit("node_systemd_service_restart_total",
             "Times that the service was restarted by itself.", MetricType::kCounter),
     Unit::kRestarts},
    {of_unit("node_systemd_unit_start_time_seconds",
             "When the unit became active, in Unix time; 0 when it is not."),
     Unit::kActiveEnter, UnitFamily::kMicroseconds},
    {of_unit("node_systemd_unit_tasks_current", "Tasks of the service."), Unit::kTasks,
     UnitFamily::kTaskCount},
    {of_unit("node_systemd_unit_tasks_max", "Tasks that the service may have."), Unit::kTasksMax,
     UnitFamily::kTaskCount},
    {of_unit("node_systemd_timer_last_trigger_seconds",
             "When the timer went off last, in Unix time; 0: never."),
     Unit::kLastTrigger, UnitFamily::kMicroseconds},
    {of_unit("node_systemd_socket_accepted_connections_total",
             "Connections that the socket has accepted.", MetricType::kCounter),
     Unit::kAccepted},
    {of_unit("node_systemd_socket_current_connections", "Connections that the socket has now."),
     Unit::kConnections},
    {of_unit("node_systemd_socket_refused_connections_total",
             "Connections that the socket has refused."),
     Unit::kRefused},
};

constexpr std::string_view kStates[] = {"active", "activating", "deactivating", "inactive",
                                        "failed"};

// "252.39-1~deb12u2" and "systemd 249 (249.11)": the first number of three digits or more.
double version_number(const std::string& version) {
  static const re2::RE2 kNumber(R"(([0-9]{3,}(?:\.[0-9]+)?))");
  double number = 0;
  return re2::RE2::PartialMatch(version, kNumber, &number) ? number : 0;
}

std::optional<Number> value_of(const Unit& unit, const UnitFamily& family) {
  const auto& property = unit.properties[family.property];
  if (!property) return std::nullopt;
  switch (family.form) {
    case UnitFamily::kMicroseconds: {
      const bool counts = family.property != Unit::kActiveEnter || unit.active_state == "active";
      return Number::fixed(counts ? *property : 0, 6);
    }
    case UnitFamily::kTaskCount:
      if (*property == ~std::uint64_t{0}) return std::nullopt;  // no limit, or not counted
      return Number(*property);
    case UnitFamily::kPlain: return Number(*property);
  }
  return std::nullopt;
}

class SystemdCollector final : public Collector {
 public:
  SystemdCollector(Latest<SystemdReading>::Ask ask, std::chrono::nanoseconds patience)
      : latest_("systemd", std::move(ask), patience) {}

  std::string_view name() const override { return "systemd"; }
  void prepare(const Scrape&) override { latest_.start(); }
  bool stale() const override { return latest_.stale(); }

  Result<void> collect(const Scrape&, SampleWriter& out) override {
    latest_.take();
    if (const SystemdReading* reading = latest_.value()) write(*reading, out);
    return latest_.result();
  }

 private:
  static void write(const SystemdReading& reading, SampleWriter& out) {
    out.family(kVersion);
    out.add(version_number(reading.version), reading.version);
    out.family(kVirtualization);
    const std::string type = reading.virtualization.value_or("unknown");
    out.add(1, type.empty() ? "none" : type);
    out.family(kUnits);
    for (const auto& [state, count] : reading.units_by_state) out.add(count, state);
    out.family(kState);
    for (const Unit& unit : reading.units) {
      for (const std::string_view state : kStates) {
        out.add(state == unit.active_state ? 1 : 0, unit.name, state, unit.type);
      }
    }
    for (const UnitFamily& family : kUnitFamilies) {
      out.family(family.family);
      for (const Unit& unit : reading.units) {
        if (const auto value = value_of(unit, family)) out.add(*value, unit.name);
      }
    }
    if (reading.state) {
      out.family(kRunning);
      out.add(*reading.state == "running" ? 1 : 0);
    }
  }

  Latest<SystemdReading> latest_;
};

constexpr CollectorOption kOptions[] = {
    {"systemd.unit-include", ".+", "units to report, the whole name"},
    {"systemd.unit-exclude", R"(.+\.(automount|device|mount|scope|slice))",
     "units to leave out, the whole name"},
    {"systemd.enable-restarts-metrics", "false", "report restarts of services"},
    {"systemd.enable-start-time-metrics", "false", "report when units became active"},
    {"systemd.enable-task-metrics", "false", "report tasks of services"},
};

// Unlike other filters, these two apply together and to the whole name.
Result<NameFilter> unit_filter(const HostContext& context) {
  const auto whole = [&](const char* option) {
    const std::string pattern = context.option(option);
    return pattern.empty() ? pattern : "^(?:" + pattern + ")$";
  };
  auto filter = NameFilter::make(whole("systemd.unit-include"), whole("systemd.unit-exclude"));
  if (!filter) {
    return fail(ErrorKind::kInvalid,
                "--collector.systemd.unit-include, --collector.systemd.unit-exclude: " +
                    filter.error().message);
  }
  return filter;
}

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  auto units = unit_filter(context);
  if (!units) return std::unexpected(units.error());
  SystemdWanted wanted{.units = std::move(*units)};
  for (const auto& [option, flag] :
       {std::pair{"systemd.enable-restarts-metrics", &wanted.restarts},
        std::pair{"systemd.enable-task-metrics", &wanted.tasks},
        std::pair{"systemd.enable-start-time-metrics", &wanted.start_times}}) {
    const auto value = flag_option(context, option);
    if (!value) return std::unexpected(value.error());
    *flag = *value;
  }
  auto reader = std::make_shared<SystemdReader>(context.system_bus, std::move(wanted));
  return std::make_unique<SystemdCollector>([reader] { return reader->read(); }, context.patience);
}

}  // namespace

CollectorRow systemd_row() {
  return {"systemd", false, "units of systemd and their states (over D-Bus)", kOptions, make};
}

}  // namespace exporter
