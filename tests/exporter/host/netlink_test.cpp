#include "exporter/host/netlink.h"

#include "tests/exporter/host/netlink_answers.h"
#include "tests/support/doctest.h"
#include "tests/support/temp_tree.h"

namespace exporter {
namespace {

struct Question {
  std::uint32_t anything = 0;
};

Result<std::string> ask(NetlinkSocket& socket, ReadBuffer& buffer) {
  std::string heard;
  const auto result = socket.dump(20, Question(), buffer, [&](std::uint16_t type, auto body) {
    heard += std::to_string(type) + ":" + std::string(body) + ";";
    return body != "bad!";
  });
  if (!result) return std::unexpected(result.error());
  return heard;
}

OpenSocket opens(const std::shared_ptr<test::NetlinkAnswers>& answers, int& opened) {
  return [answers, &opened](int, int, int) {
    ++opened;
    return answers->open();
  };
}

TEST_CASE("the messages of a dump come one by one, and the socket is kept for the next question") {
  int opened = 0;
  const auto answers = std::make_shared<test::NetlinkAnswers>(
      std::vector<test::NetlinkAnswers::Dump>{{{30, "one!"}, {31, "two!"}}, {{32, "late"}}});
  NetlinkSocket socket(0, opens(answers, opened));
  ReadBuffer buffer;
  CHECK(ask(socket, buffer) == "30:one!;31:two!;");
  CHECK(ask(socket, buffer) == "32:late;");
  CHECK(opened == 1);
}

TEST_CASE("a refusal is an error with the kernel's reason, and the next question opens anew") {
  int opened = 0;
  const auto answers = std::make_shared<test::NetlinkAnswers>(
      std::vector<test::NetlinkAnswers::Dump>{{{NLMSG_ERROR, test::error_body(ENOENT)}}});
  NetlinkSocket socket(0, opens(answers, opened));
  ReadBuffer buffer;
  CHECK(ask(socket, buffer).error().kind == ErrorKind::kNotFound);
  CHECK(ask(socket, buffer).error().kind == ErrorKind::kNotFound);
  CHECK(opened == 2);
}

TEST_CASE("what cannot be taken, is cut short, or never comes is an error, not a wait") {
  int opened = 0;
  ReadBuffer buffer;
  const auto bad = std::make_shared<test::NetlinkAnswers>(
      std::vector<test::NetlinkAnswers::Dump>{{{30, "bad!"}}});
  NetlinkSocket refuses(0, opens(bad, opened));
  CHECK(ask(refuses, buffer).error().kind == ErrorKind::kParse);
  const auto silent = std::make_shared<test::NetlinkAnswers>(
      std::vector<test::NetlinkAnswers::Dump>{{{30, "one!"}}}, 0);
  NetlinkSocket waits(0, opens(silent, opened));
  CHECK(ask(waits, buffer).error().kind == ErrorKind::kIo);
  NetlinkSocket none(0, [](int, int, int) { return -EPERM; });
  CHECK(ask(none, buffer).error().kind == ErrorKind::kIo);
  CHECK(none.descriptor() == -1);
}

TEST_CASE("a datagram larger than the buffer costs one scrape") {
  int opened = 0;
  const auto answers = std::make_shared<test::NetlinkAnswers>(
      std::vector<test::NetlinkAnswers::Dump>{{{30, std::string(4000, 'x')}}});
  NetlinkSocket socket(0, opens(answers, opened));
  ReadBuffer buffer(2048);
  CHECK_FALSE(ask(socket, buffer));
  CHECK(ask(socket, buffer)->size() == 4004);
}

TEST_CASE("messages and attributes that promise more than there is are none") {
  nlmsghdr head{};
  std::string_view body;
  std::string datagram = test::message(1, 1, "abcd");
  std::string_view rest = std::string_view(datagram).substr(0, datagram.size() - 1);
  CHECK_FALSE(next_message(rest, head, body));
  rest = datagram;
  CHECK(next_message(rest, head, body));
  CHECK(body == "abcd");
  CHECK(rest.empty());
  const std::string attributes = test::attribute(7, "xyz") + test::attribute(8, "");
  std::uint16_t type = 0;
  rest = attributes;
  CHECK(next_attribute(rest, type, body));
  CHECK(type == 7);
  CHECK(body == "xyz");
  CHECK(next_attribute(rest, type, body));
  CHECK(type == 8);
  CHECK_FALSE(next_attribute(rest, type, body));
  rest = std::string_view(attributes).substr(0, 6);
  CHECK_FALSE(next_attribute(rest, type, body));
}

TEST_CASE("of another procfs, the first process' network is read where it can be seen") {
  CHECK(network_file({}, "dev") == "/proc/net/dev");
  test::TempTree tree;
  CHECK(network_file({.procfs = tree.root()}, "dev") == tree.path("net/dev"));
  tree.write("1/net/dev", "");
  CHECK(network_file({.procfs = tree.root()}, "dev") == tree.path("1/net/dev"));
  const OpenSocket open = open_socket_of({.procfs = tree.root()});
  CHECK(open(AF_INET, SOCK_DGRAM, 0) == -ENOENT);
  std::filesystem::create_directories(tree.path("1/ns"));
  std::filesystem::create_symlink("/proc/self/ns/net", tree.path("1/ns/net"));
  const FileDescriptor own(open(AF_INET, SOCK_DGRAM, 0));
  CHECK(own);
}

}  // namespace
}  // namespace exporter
