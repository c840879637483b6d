#include "exporter/probes/echo_socket.h"

#include <string>

#include "exporter/probes/route.h"
#include "tests/support/doctest.h"

namespace exporter {
namespace {

using std::string_literals::operator""s;

TEST_CASE("the checksum is that of RFC 1071") {
  CHECK(internet_checksum("\0\1\xF2\3\xF4\xF5\xF6\xF7"s) == 0x220D);
  CHECK(internet_checksum("") == 0xFFFF);
  CHECK(internet_checksum("\1"s) == 0xFEFF);
}

TEST_CASE("a reply is ours when it brings back what only we know") {
  const std::string request = "\10\0\0\0\x12\x34\0\1abcdefgh12345678"s;
  std::string reply = request;
  reply[0] = 0;
  CHECK(is_echo_reply(request, reply, false, true));
  CHECK_FALSE(is_echo_reply(request, request, false, true));  // a request
  CHECK_FALSE(is_echo_reply(request, reply, true, true));     // of the other version
  CHECK_FALSE(is_echo_reply(request, reply.substr(0, 20), false, true));
  std::string other = reply;
  other[4] = 0;
  CHECK_FALSE(is_echo_reply(request, other, false, true));
  CHECK(is_echo_reply(request, other, false, false));  // a ping socket's identifier is the kernel's
  other = reply;
  other[8] = 'x';
  CHECK_FALSE(is_echo_reply(request, other, false, false));
  reply[0] = static_cast<char>(129);
  CHECK(is_echo_reply(request, reply, true, true));
}

TEST_CASE("this machine's own addresses lie behind no gateway") {
  CHECK_FALSE(gateway_towards(*Address::from_text("127.0.0.1", 0)));
  CHECK_FALSE(gateway_towards(*Address::from_text("::1", 0)));
}

TEST_CASE("a gateway that nobody has is not in the neighbour table") {
  CHECK(neighbour_state({*Address::from_text("192.0.2.200", 0), 1}) == Neighbour::kUnknown);
}

TEST_CASE("addresses are equal whatever their ports") {
  CHECK(*Address::from_text("192.0.2.1", 1) == *Address::from_text("192.0.2.1", 2));
  CHECK_FALSE(*Address::from_text("192.0.2.1", 1) == *Address::from_text("192.0.2.2", 1));
  CHECK(*Address::from_text("2001:db8::1", 1) == *Address::from_text("2001:db8::1", 2));
  CHECK_FALSE(*Address::from_text("2001:db8::1", 1) == *Address::from_text("192.0.2.1", 1));
}

}  // namespace
}  // namespace exporter
