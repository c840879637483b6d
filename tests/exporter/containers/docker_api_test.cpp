// Docker's API, played by a thread that answers on a socket of the test's own.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <map>
#include <mutex>
#include <thread>

#include "exporter/containers/follower.h"
#include "tests/exporter/containers/machine_tree.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

const std::string kId = container_id("a1");
const std::string kContainer = "/containers/" + kId + "/json";

class Engine {
 public:
  explicit Engine(const std::string& path) : listener_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_.get(), 8) == 0);
    thread_ = std::jthread([this] { serve(); });
  }
  ~Engine() {
    hang_up();
    ::shutdown(listener_.get(), SHUT_RDWR);
  }

  void answer(const std::string& path, const std::string& body) {
    const std::lock_guard guard(lock_);
    answers_[path] = body;
  }
  void container(const std::string& state) {
    answer(kContainer, R"({"Id":")" + kId + R"(","Name":"/web","State":)" + state +
                           R"(,"Config":{"Image":"nginx:1"}})");
  }
  void event(const std::string& line) {
    const std::lock_guard guard(lock_);
    (void)::send(events_.get(), line.data(), line.size(), MSG_NOSIGNAL);
  }
  void hang_up() {
    const std::lock_guard guard(lock_);
    events_.reset();
  }

 private:
  void serve() {
    for (;;) {
      FileDescriptor client(::accept(listener_.get(), nullptr, nullptr));
      if (!client) return;
      std::string head;
      std::array<char, 1024> piece{};
      while (head.find("\r\n\r\n") == std::string::npos) {
        const ssize_t n = ::read(client.get(), piece.data(), piece.size());
        if (n <= 0) break;
        head.append(piece.data(), static_cast<std::size_t>(n));
      }
      CHECK(head.starts_with("GET /"));
      std::string path = head.substr(4, head.find_first_of(" ?", 4) - 4);
      if (head.contains("since=")) path = head.substr(4, head.find('&', 4) - 4);
      const std::lock_guard guard(lock_);
      std::string text = "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 2026 00:00:09 GMT\r\n\r\n";
      if (head.contains("since=")) CHECK(head.contains("&until=1767225610&"));
      const auto known = answers_.find(path);
      if (path != "/events") {
        text = known == answers_.end()
                   ? "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
                   : "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(known->second.size()) +
                         "\r\n\r\n" + known->second;
      }
      (void)::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (path == "/events") events_ = std::move(client);
    }
  }

  FileDescriptor listener_;
  std::mutex lock_;
  std::map<std::string, std::string> answers_;
  FileDescriptor events_;
  std::jthread thread_;
};

// What the follower's view says of the only container, "" when there is none.
std::string state_in(const ContainerFollower& follower) {
  const auto view = follower.view();
  if (view->containers.empty()) return {};
  return std::string(name(view->containers.front()->state));
}

template <class Condition>
bool comes_true(Condition condition) {
  for (int i = 0; i < 6000 && !condition(); ++i) ::usleep(10'000);
  return condition();
}

TEST_CASE("containers are those that the API tells of, and what events name is asked for again") {
  MachineTree machine(CgroupVersion::kTwo);
  Engine engine(machine.files().path("docker.sock"));
  engine.answer("/containers/json", R"([{"Id":")" + kId + R"("},{"Id":"../../etc"}])");
  engine.container(R"({"Running":true})");
  const SystemClock clock;
  ContainerFollower follower({.roots = machine.roots(), .docker_socket = "/docker.sock"}, clock);
  CHECK(state_in(follower) == "running");
  CHECK(follower.view()->complete);
  follower.start();
  engine.container(R"({"Paused":true,"Running":true})");
  engine.event("{\"Type\":\"container\",\"Actor\":{\"ID\":\"" + kId + "\"}}\nnonsense\n");
  CHECK(comes_true([&] { return state_in(follower) == "paused"; }));
  engine.answer(kContainer, "no JSON");
  engine.event("{\"Type\":\"container\",\"Actor\":{\"ID\":\"" + kId + "\"}}\n");
  CHECK(comes_true([&] { return state_in(follower).empty(); }));
  // Docker starts again: all is asked anew.
  engine.container(R"({"Running":true})");
  engine.hang_up();
  CHECK(comes_true([&] { return state_in(follower) == "running"; }));
}

TEST_CASE("who was killed by a person is told by the event, until the next start") {
  MachineTree machine(CgroupVersion::kTwo);
  Engine engine(machine.files().path("docker.sock"));
  engine.answer("/containers/json", R"([{"Id":")" + kId + R"("}])");
  engine.container(R"({"Running":true})");
  const SystemClock clock;
  ContainerFollower follower({.roots = machine.roots(), .docker_socket = "/docker.sock"}, clock);
  follower.start();
  const auto event = [&](const char* action) {
    engine.event(std::string(R"({"Action":")") + action + R"(","Actor":{"ID":")" + kId + "\"}}\n");
  };
  const auto stopped = [&] {
    const auto view = follower.view();
    return !view->containers.empty() && view->containers.front()->stopped_by_user;
  };
  engine.container(R"({"Status":"exited","StartedAt":"2026-01-02T03:04:05Z",
                       "FinishedAt":"2026-01-02T03:05:05Z","ExitCode":137})");
  event("die");
  CHECK(comes_true([&] { return state_in(follower) == "exited"; }));
  CHECK_FALSE(stopped());
  event("kill");
  CHECK(comes_true(stopped));
  engine.container(R"({"Running":true})");
  event("start");
  CHECK(comes_true([&] { return state_in(follower) == "running" && !stopped(); }));
}

TEST_CASE("who was killed before is told by the events that Docker remembers") {
  for (const bool started_since : {false, true}) {
    MachineTree machine(CgroupVersion::kTwo);
    Engine engine(machine.files().path("docker.sock"));
    engine.answer("/containers/json", R"([{"Id":")" + kId + R"("}])");
    engine.container(R"({"Status":"exited","StartedAt":"2026-01-02T03:04:05Z",
                         "FinishedAt":"2026-01-02T03:05:05Z","ExitCode":137})");
    const auto event = [](const char* action) {
      return std::string(R"({"Action":")") + action + R"(","Actor":{"ID":")" + kId + "\"}}\n";
    };
    engine.answer("/events?since=1",
                  event("start") + event("kill") + (started_since ? event("start") : ""));
    const SystemClock clock;
    ContainerFollower follower({.roots = machine.roots(), .docker_socket = "/docker.sock"}, clock);
    CHECK(state_in(follower) == "exited");
    CHECK(follower.view()->containers.front()->stopped_by_user != started_since);
  }
}

TEST_CASE("a socket that nobody answers on hides no group and is a problem with a name") {
  MachineTree machine(CgroupVersion::kTwo);
  const SystemClock clock;
  ContainerFollower follower({.roots = machine.roots(), .docker_socket = "/none.sock"}, clock);
  CHECK_FALSE(follower.view()->complete);
  CHECK(state_in(follower).empty());
}

}  // namespace
}  // namespace exporter
