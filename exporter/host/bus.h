// The system's message bus (D-Bus) through sd-bus: as much of it as two collectors need. Everything
// here may wait for somebody else's answer, so it is used in BlockingTasks only, and every wait
// ends: kAnswerSeconds for one answer, the same for all answers of one round. One thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "exporter/core/error.h"

struct sd_bus;
struct sd_bus_message;

namespace exporter {

struct BusMessageUnref {
  void operator()(sd_bus_message* message) const;
};
using BusMessage = std::unique_ptr<sd_bus_message, BusMessageUnref>;

// An object that somebody on the bus has.
struct BusObject {
  std::string owner;  // "org.freedesktop.systemd1"
  std::string path;
};

// One property of one object, asked for together with many others.
struct PropertyQuestion {
  std::string path;
  std::string interface;
  const char* name;
  // Called with the value, which is text or a number as the property's type says; never called
  // when the object or the property is not there.
  std::function<void(const std::string& text, std::uint64_t number)> answer;
};

class Bus {
 public:
  static constexpr std::uint64_t kAnswerSeconds = 5;

  // address: empty for the system bus ($DBUS_SYSTEM_BUS_ADDRESS, else its usual place).
  explicit Bus(std::string address) : address_(std::move(address)) {}
  ~Bus();
  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;

  // The answer to a call without arguments. Connects when there is no connection. kNotFound: no
  // bus, or nobody of that name on it; kUnavailable: no answer in time, or an error as answer.
  Result<BusMessage> call(const BusObject& object, const char* interface, const char* method);

  // Text of a property of type string.
  Result<std::string> text_property(const BusObject& object, const char* interface,
                                    const char* name);

  // Asks all questions at once, a few dozen on their way at any time.
  Result<void> ask(const std::string& owner, std::vector<PropertyQuestion>& questions);

 private:
  Result<void> connect();
  void disconnect();
  std::unexpected<Error> failed(const std::string& what, int error, const char* words = nullptr);

  const std::string address_;
  sd_bus* bus_ = nullptr;
};

}  // namespace exporter
