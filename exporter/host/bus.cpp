#include "exporter/host/bus.h"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <mutex>
#include <system_error>

#include "exporter/host/sd_bus_library.h"

namespace exporter {
namespace {

// Only once connect() has found it there.
const SdBus& sd() { return *sd_bus_library(); }

constexpr char kProperties[] = "org.freedesktop.DBus.Properties";
constexpr std::size_t kOnTheirWay = 64;
constexpr std::uint64_t kAnswerUs = Bus::kAnswerSeconds * 1'000'000;

// To be held where libsystemd may make a hash table: it makes the key of them all with the first
// one, and does not expect another thread to do so as well.
std::mutex& hash_tables() {
  static std::mutex mutex;
  return mutex;
}

std::uint64_t now_us() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec) / 1'000;
}

class BusError {
 public:
  BusError() = default;
  ~BusError() { sd().error_free_(&error_); }
  BusError(const BusError&) = delete;
  BusError& operator=(const BusError&) = delete;
  sd_bus_error* out() { return &error_; }
  const char* words() const { return error_.message; }
  bool is_unknown() const {
    return sd().error_has_name_(&error_, SD_BUS_ERROR_SERVICE_UNKNOWN) > 0 ||
           sd().error_has_name_(&error_, SD_BUS_ERROR_NAME_HAS_NO_OWNER) > 0;
  }

 private:
  sd_bus_error error_{};
};

// One round of questions.
struct Round {
  std::size_t open = 0;
};

struct OpenQuestion {
  Round* round;
  PropertyQuestion* question;
};

// "v" that holds s, o, b, u, t or the like.
void read_variant(sd_bus_message* message, const PropertyQuestion& question) {
  const char* type = nullptr;
  char kind = 0;
  if (sd().message_peek_type_(message, &kind, &type) <= 0 || kind != SD_BUS_TYPE_VARIANT ||
      sd().message_enter_container_(message, SD_BUS_TYPE_VARIANT, type) <= 0) {
    return;
  }
  std::uint64_t number = 0;
  switch (type[0]) {
    case SD_BUS_TYPE_STRING:
    case SD_BUS_TYPE_OBJECT_PATH: {
      const char* text = nullptr;
      if (sd().message_read_basic_(message, type[0], static_cast<void*>(&text)) > 0)
        question.answer(text, 0);
      return;
    }
    case SD_BUS_TYPE_UINT64:
      if (sd().message_read_basic_(message, type[0], &number) > 0) question.answer("", number);
      return;
    case SD_BUS_TYPE_UINT32: {
      std::uint32_t small = 0;
      if (sd().message_read_basic_(message, type[0], &small) > 0) question.answer("", small);
      return;
    }
    case SD_BUS_TYPE_BOOLEAN: {
      int truth = 0;
      if (sd().message_read_basic_(message, type[0], &truth) > 0) {
        question.answer("", truth != 0 ? 1 : 0);
      }
      return;
    }
    default: return;
  }
}

int take_answer(sd_bus_message* message, void* data, sd_bus_error*) {
  const auto* open = static_cast<const OpenQuestion*>(data);
  --open->round->open;
  if (sd().message_is_method_error_(message, nullptr) == 0) {
    read_variant(message, *open->question);
  }
  return 1;
}

}  // namespace

void BusMessageUnref::operator()(sd_bus_message* message) const { sd().message_unref_(message); }

Bus::~Bus() { disconnect(); }

void Bus::disconnect() {
  if (bus_ != nullptr) sd().close_unref_(bus_);
  bus_ = nullptr;
}

// After an error that is not an answer the connection is not used again.
std::unexpected<Error> Bus::failed(const std::string& what, int error, const char* words) {
  disconnect();
  const int number = error < 0 ? -error : error;
  const bool missing = number == ENOENT || number == ECONNREFUSED;
  return fail(missing ? ErrorKind::kNotFound : ErrorKind::kUnavailable,
              what + ": " + (words != nullptr ? words : std::generic_category().message(number)));
}

Result<void> Bus::connect() {
  if (sd_bus_library() == nullptr) {
    return fail(ErrorKind::kNotFound, "libsystemd.so.0: not there, or too old");
  }
  if (bus_ != nullptr && sd().is_open_(bus_) > 0) return {};
  disconnect();
  int error = 0;
  const std::lock_guard lock(hash_tables());
  if (address_.empty()) {
    error = sd().open_system_(&bus_);
  } else {
    error = sd().new_(&bus_);
    if (error >= 0) error = sd().set_address_(bus_, address_.c_str());
    if (error >= 0) error = sd().set_bus_client_(bus_, 1);
    if (error >= 0) error = sd().start_(bus_);
  }
  if (error >= 0) error = sd().set_method_call_timeout_(bus_, kAnswerUs);
  if (error < 0) return failed("system bus", error);
  return {};
}

Result<BusMessage> Bus::call(const BusObject& object, const char* interface, const char* method) {
  if (auto connected = connect(); !connected) return std::unexpected(connected.error());
  BusError error;
  sd_bus_message* reply = nullptr;
  const int result = sd().call_method_(bus_, object.owner.c_str(), object.path.c_str(), interface,
                                       method, error.out(), &reply, "");
  if (result >= 0) return BusMessage(reply);
  const std::string what = object.owner + " " + method;
  if (error.is_unknown()) {
    return fail(ErrorKind::kNotFound, what + ": nobody of that name on the system bus");
  }
  return failed(what, result, error.words());
}

Result<std::string> Bus::text_property(const BusObject& object, const char* interface,
                                       const char* name) {
  if (auto connected = connect(); !connected) return std::unexpected(connected.error());
  BusError error;
  char* text = nullptr;
  const int result = sd().get_property_string_(bus_, object.owner.c_str(), object.path.c_str(),
                                               interface, name, error.out(), &text);
  if (result < 0) {
    return fail(ErrorKind::kUnavailable,
                object.owner + " " + name + ": " +
                    (error.words() != nullptr ? error.words() : "no answer"));
  }
  std::string copy(text);
  std::free(text);
  return copy;
}

Result<void> Bus::ask(const std::string& owner, std::vector<PropertyQuestion>& questions) {
  if (auto connected = connect(); !connected) return connected;
  Round round;
  std::vector<OpenQuestion> open(questions.size());
  const std::uint64_t deadline = now_us() + kAnswerUs;
  std::size_t next = 0;
  while (next < questions.size() || round.open > 0) {
    while (next < questions.size() && round.open < kOnTheirWay) {
      PropertyQuestion& question = questions[next];
      open[next] = {&round, &question};
      const int sent = [&] {
        const std::lock_guard lock(hash_tables());
        return sd().call_method_async_(bus_, nullptr, owner.c_str(), question.path.c_str(),
                                       kProperties, "Get", take_answer, &open[next], "ss",
                                       question.interface.c_str(), question.name);
      }();
      if (sent < 0) return failed(owner + " Get", sent);
      ++next;
      ++round.open;
    }
    const int processed = sd().process_(bus_, nullptr);
    if (processed < 0) return failed(owner + " Get", processed);
    if (processed > 0) continue;
    const std::uint64_t now = now_us();
    if (now >= deadline) return failed(owner + " Get", ETIMEDOUT);
    const int waited = sd().wait_(bus_, deadline - now);
    if (waited < 0 && waited != -EINTR) return failed(owner + " Get", waited);
  }
  return {};
}

}  // namespace exporter
