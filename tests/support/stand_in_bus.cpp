#include "tests/support/stand_in_bus.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "tests/support/doctest.h"

extern char** environ;

namespace test {
namespace {

constexpr char kConfig[] =
    R"(<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>custom</type><listen>unix:path=SOCKET</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
</busconfig>)";

void put(sd_bus_message* reply, const StandInBus::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    sd_bus_message_append(reply, "v", "s", text->c_str());
  } else if (const auto* small = std::get_if<std::uint32_t>(&value)) {
    sd_bus_message_append(reply, "v", "u", *small);
  } else if (const auto* number = std::get_if<std::uint64_t>(&value)) {
    sd_bus_message_append(reply, "v", "t", *number);
  } else {
    sd_bus_message_append(reply, "v", "b", std::get<bool>(value) ? 1 : 0);
  }
}

}  // namespace

StandInBus::StandInBus() {
  start_daemon();
  thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  while (!ready_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

StandInBus::~StandInBus() {
  thread_.request_stop();
  thread_.join();
  ::kill(daemon_, SIGTERM);
  ::waitpid(daemon_, nullptr, 0);
}

void StandInBus::start_daemon() {
  std::string config = kConfig;
  constexpr std::string_view kSocket = "SOCKET";
  config.replace(config.find(kSocket), kSocket.size(), tree_.path("socket"));
  tree_.write("bus.conf", config);
  int out[2];
  REQUIRE(::pipe(out) == 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  posix_spawn_file_actions_addclose(&actions, out[0]);
  std::string file = "--config-file=" + tree_.path("bus.conf");
  std::array<char*, 6> argv{
      const_cast<char*>("dbus-daemon"),       file.data(),
      const_cast<char*>("--nofork"),          const_cast<char*>("--nopidfile"),
      const_cast<char*>("--print-address=1"), nullptr};
  const int error =
      ::posix_spawnp(&daemon_, "dbus-daemon", &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(out[1]);
  REQUIRE_MESSAGE(error == 0, "dbus-daemon cannot be started: is the package dbus-daemon there?");
  char c = 0;
  while (::read(out[0], &c, 1) == 1 && c != '\n') address_ += c;
  ::close(out[0]);
  REQUIRE_FALSE(address_.empty());
}

void StandInBus::serve(const std::stop_token& stop) {
  sd_bus* bus = nullptr;
  const bool works = sd_bus_new(&bus) >= 0 && sd_bus_set_address(bus, address_.c_str()) >= 0 &&
                     sd_bus_set_bus_client(bus, 1) >= 0 && sd_bus_start(bus) >= 0 &&
                     sd_bus_request_name(bus, "org.freedesktop.systemd1", 0) >= 0 &&
                     sd_bus_request_name(bus, "org.freedesktop.login1", 0) >= 0 &&
                     sd_bus_add_filter(
                         bus, nullptr,
                         [](sd_bus_message* call, void* self, sd_bus_error*) {
                           return static_cast<StandInBus*>(self)->answer(call);
                         },
                         this) >= 0;
  if (!works) std::abort();
  ready_ = true;
  while (!stop.stop_requested()) {
    if (sd_bus_process(bus, nullptr) == 0) sd_bus_wait(bus, 5'000);
  }
  sd_bus_flush_close_unref(bus);
}

int StandInBus::answer(sd_bus_message* call) {
  if (sd_bus_message_is_method_call(call, nullptr, nullptr) == 0) return 0;
  if (silent_) return 1;
  sd_bus_message* reply = nullptr;
  if (sd_bus_message_new_method_return(call, &reply) < 0) return 1;
  if (append_answer(call, reply) == 0) {
    sd_bus_send(nullptr, reply, nullptr);
  } else {
    sd_bus_reply_method_errorf(call, SD_BUS_ERROR_UNKNOWN_PROPERTY, "there is no such thing");
  }
  sd_bus_message_unref(reply);
  return 1;
}

int StandInBus::append_answer(sd_bus_message* call, sd_bus_message* reply) {
  const std::lock_guard guard(lock_);
  const std::string_view member = sd_bus_message_get_member(call);
  if (member == "ListUnits") {
    sd_bus_message_open_container(reply, 'a', "(ssssssouso)");
    for (const Unit& unit : units_) {
      sd_bus_message_append(reply, "(ssssssouso)", unit.name.c_str(), "A unit.", unit.load.c_str(),
                            unit.active.c_str(), "sub", "", unit.path.c_str(), 0, "", "/");
    }
  } else if (member == "ListSeats") {
    sd_bus_message_open_container(reply, 'a', "(so)");
    for (const std::string& seat : seats_) sd_bus_message_append(reply, "(so)", seat.c_str(), "/s");
  } else if (member == "ListSessions") {
    sd_bus_message_open_container(reply, 'a', "(susso)");
    for (const Session& session : sessions_) {
      sd_bus_message_append(reply, "(susso)", "1", 1000, "ann", session.seat.c_str(),
                            session.path.c_str());
    }
  } else if (member == "Get") {
    ++questions_;
    const char* interface = nullptr;
    const char* property = nullptr;
    if (sd_bus_message_read(call, "ss", &interface, &property) < 0) return -1;
    const auto value =
        values_.find(std::string(sd_bus_message_get_path(call)) + " " + interface + "." + property);
    if (value == values_.end()) return -1;
    put(reply, value->second);
    return 0;
  } else {
    return -1;
  }
  sd_bus_message_close_container(reply);
  return 0;
}

void StandInBus::set_units(std::vector<Unit> units) {
  const std::lock_guard guard(lock_);
  units_ = std::move(units);
}

void StandInBus::set_seats(std::vector<std::string> seats) {
  const std::lock_guard guard(lock_);
  seats_ = std::move(seats);
}

void StandInBus::set_sessions(std::vector<Session> sessions) {
  const std::lock_guard guard(lock_);
  sessions_ = std::move(sessions);
}

void StandInBus::set(const std::string& path, const std::string& property, Value value) {
  const std::lock_guard guard(lock_);
  values_[path + " " + property] = std::move(value);
}

}  // namespace test
