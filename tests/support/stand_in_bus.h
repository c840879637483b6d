// A message bus of a test's own (a private dbus-daemon) and on it a stand-in for systemd and
// logind that answers what it was told to. Never this machine's bus.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "tests/support/temp_tree.h"

struct sd_bus_message;

namespace test {

class StandInBus {
 public:
  struct Unit {
    std::string name;
    std::string load;
    std::string active;
    std::string path;
  };
  struct Session {
    std::string seat;
    std::string path;
  };
  // s, u, t or b on the wire.
  using Value = std::variant<std::string, std::uint32_t, std::uint64_t, bool>;

  StandInBus();
  ~StandInBus();
  StandInBus(const StandInBus&) = delete;
  StandInBus& operator=(const StandInBus&) = delete;

  const std::string& address() const { return address_; }

  // What is answered from now on.
  void set_units(std::vector<Unit> units);
  void set_seats(std::vector<std::string> seats);
  void set_sessions(std::vector<Session> sessions);
  // property: "org.freedesktop.systemd1.Service.Type".
  void set(const std::string& path, const std::string& property, Value value);
  // No answers at all until false.
  void set_silent(bool silent) { silent_ = silent; }

  // How many properties were asked for.
  int questions() const { return questions_; }

 private:
  int answer(sd_bus_message* call);
  int append_answer(sd_bus_message* call, sd_bus_message* reply);
  void start_daemon();
  void serve(const std::stop_token& stop);

  TempTree tree_;
  std::string address_;
  pid_t daemon_ = 0;
  std::mutex lock_;
  std::vector<Unit> units_;
  std::vector<std::string> seats_;
  std::vector<Session> sessions_;
  std::map<std::string, Value> values_;  // by path, blank, property
  std::atomic<bool> silent_ = false;
  std::atomic<int> questions_ = 0;
  std::atomic<bool> ready_ = false;
  std::jthread thread_;
};

}  // namespace test
