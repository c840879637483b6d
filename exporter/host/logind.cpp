// org.freedesktop.login1(5): ListSeats() gives "a(so)", ListSessions() "a(susso)": session, user
// number, user, seat, object path. Every combination of the known values is a series, with 0 where
// there is no such session, so that a dashboard has no gaps.
#include "exporter/host/logind.h"

#include <algorithm>
#include <array>
#include <deque>

#include "exporter/host/bus.h"
#include "exporter/host/latest.h"
#include "exporter/host/sd_bus_library.h"

namespace exporter {
namespace {

const SdBus& sd() { return *sd_bus_library(); }

constexpr Family kSessions{"node_logind_sessions",
                           "Sessions of logind.",
                           MetricType::kGauge,
                           {"class", "remote", "seat", "type"}};

constexpr std::array<std::string_view, 5> kClasses{"other", "user", "greeter", "lock-screen",
                                                   "background"};
constexpr std::array<std::string_view, 7> kTypes{"other",   "unspecified", "tty", "x11",
                                                 "wayland", "mir",         "web"};

constexpr char kManager[] = "org.freedesktop.login1.Manager";
constexpr char kSession[] = "org.freedesktop.login1.Session";
const BusObject kLogind{"org.freedesktop.login1", "/org/freedesktop/login1"};

struct Session {
  std::string seat;  // empty: a remote one, or one without a seat
  std::string path;
  std::string type;
  std::string session_class;
  std::optional<bool> is_remote;
};

struct Reading {
  std::vector<std::string> seats;  // and the empty one
  std::deque<Session> sessions;    // those of which everything is known
};

std::string_view known_or_other(std::string_view value, auto& known) {
  return std::ranges::find(known, value) != known.end() ? value : known.front();
}

std::unexpected<Error> odd(const char* method) {
  return fail(ErrorKind::kParse,
              kLogind.owner + " " + method + ": not the form that is documented");
}

Result<void> list_seats(Bus& bus, Reading& reading) {
  const auto reply = bus.call(kLogind, kManager, "ListSeats");
  if (!reply) return std::unexpected(reply.error());
  int error = sd().message_enter_container_(reply->get(), 'a', "(so)");
  while (error > 0) {
    const char* seat = nullptr;
    error = sd().message_read_(reply->get(), "(so)", &seat, nullptr);
    if (error > 0) reading.seats.emplace_back(seat);
  }
  if (error < 0) return odd("ListSeats");
  reading.seats.emplace_back();
  return {};
}

Result<void> list_sessions(Bus& bus, Reading& reading) {
  const auto reply = bus.call(kLogind, kManager, "ListSessions");
  if (!reply) return std::unexpected(reply.error());
  int error = sd().message_enter_container_(reply->get(), 'a', "(susso)");
  while (error > 0) {
    const char* seat = nullptr;
    const char* path = nullptr;
    error = sd().message_read_(reply->get(), "(susso)", nullptr, nullptr, nullptr, &seat, &path);
    if (error > 0) reading.sessions.push_back({seat, path, "", "", {}});
  }
  if (error < 0) return odd("ListSessions");
  return {};
}

Result<Reading> read(Bus& bus) {
  Reading reading;
  if (auto seats = list_seats(bus, reading); !seats) return std::unexpected(seats.error());
  if (auto listed = list_sessions(bus, reading); !listed) return std::unexpected(listed.error());
  std::vector<PropertyQuestion> questions;
  for (Session& session : reading.sessions) {
    questions.push_back(
        {session.path, kSession, "Remote",
         [&session](const std::string&, std::uint64_t truth) { session.is_remote = truth != 0; }});
    questions.push_back(
        {session.path, kSession, "Type",
         [&session](const std::string& text, std::uint64_t) { session.type = text; }});
    questions.push_back(
        {session.path, kSession, "Class",
         [&session](const std::string& text, std::uint64_t) { session.session_class = text; }});
  }
  if (auto asked = bus.ask(kLogind.owner, questions); !asked) return std::unexpected(asked.error());
  // One that ended meanwhile has no answers.
  std::erase_if(reading.sessions, [](const Session& session) {
    return !session.is_remote || session.type.empty() || session.session_class.empty();
  });
  return reading;
}

class LogindCollector final : public Collector {
 public:
  explicit LogindCollector(const HostContext& context)
      : latest_(
            "logind", [bus = std::make_shared<Bus>(context.system_bus)] { return read(*bus); },
            context.patience) {}

  std::string_view name() const override { return "logind"; }
  void prepare(const Scrape&) override { latest_.start(); }
  bool stale() const override { return latest_.stale(); }

  Result<void> collect(const Scrape&, SampleWriter& out) override {
    latest_.take();
    if (const Reading* reading = latest_.value()) write(*reading, out);
    return latest_.result();
  }

 private:
  static void write(const Reading& reading, SampleWriter& out) {
    out.family(kSessions);
    for (const bool remote : {true, false}) {
      for (const std::string_view type : kTypes) {
        for (const std::string_view session_class : kClasses) {
          for (const std::string& seat : reading.seats) {
            const auto count = std::ranges::count_if(reading.sessions, [&](const Session& session) {
              return *session.is_remote == remote && session.seat == seat &&
                     known_or_other(session.type, kTypes) == type &&
                     known_or_other(session.session_class, kClasses) == session_class;
            });
            out.add(count, session_class, remote ? "true" : "false", seat, type);
          }
        }
      }
    }
  }

  Latest<Reading> latest_;
};

}  // namespace

CollectorRow logind_row() {
  return {"logind", false, "sessions of logind (over D-Bus)", {}, make_collector<LogindCollector>};
}

}  // namespace exporter
