// RFC 1035, section 4: twelve bytes of head (id, flags, four counts), then the question: labels,
// each behind its length, up to an empty one, then type and class. An answer repeats the question
// and refers back to its name as 0xC00C.
#include "tests/exporter/probes/test_name_server.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>
#include <string_view>

namespace exporter {
namespace {

constexpr std::size_t kHeadBytes = 12;
constexpr char kTypeA = 1;

std::string question_name(std::string_view message, std::size_t& end) {
  std::string name;
  std::size_t at = kHeadBytes;
  while (at < message.size() && message[at] != 0) {
    const auto length = static_cast<std::size_t>(message[at]);
    if (!name.empty()) name += '.';
    name += message.substr(at + 1, length);
    at += length + 1;
  }
  end = at + 5;
  return name;
}

std::string reply_to(std::string_view question, std::size_t question_end, DnsReply reply) {
  std::string out(question.substr(0, question_end));
  const char type = question[question_end - 3];
  char code = 0;
  if (reply == DnsReply::kNoSuchName) code = 3;
  if (reply == DnsReply::kServerFailure) code = 2;
  if (reply == DnsReply::kRefused) code = 5;
  out[2] = static_cast<char>(0x81);
  out[3] = static_cast<char>(0x80 | code);
  for (std::size_t i = 6; i < kHeadBytes; ++i) out[i] = 0;
  using namespace std::string_literals;
  using namespace std::string_view_literals;
  const auto add_address = [&out](std::string_view bytes) {
    ++out[7];
    out += "\xC0\x0C\0\x01\0\x01\0\0\0\x3C\0\x04"sv;
    out += bytes;
  };
  if (reply == DnsReply::kAddress && type == kTypeA) {
    add_address("\x7F\0\0\x01"sv);
  } else if (reply == DnsReply::kMetadata && type == kTypeA) {
    add_address("\xA9\xFE\xA9\xFE"sv);
  } else if (reply == DnsReply::kSeveral && type == kTypeA) {
    for (char last = 9; last > 0; --last) {
      const bool all_hosts = last >= 3 && last <= 5;
      add_address(all_hosts ? "\x7F\xFF\xFF\xFF"s : "\x7F\0\0"s + last);
    }
  } else if (reply == DnsReply::kRoot) {
    out[7] = 1;
    out +=
        "\xC0\x0C\0\x02\0\x01\0\0\0\x3C\0\x03\x01"
        "a\0"sv;
  }
  return out;
}

}  // namespace

TestNameServer::TestNameServer(Handler handler)
    : handler_(std::move(handler)), socket_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    std::abort();
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this] { serve(); });
}

TestNameServer::~TestNameServer() {
  shutdown(socket_.get(), SHUT_RDWR);
  thread_.join();
}

std::vector<std::string> TestNameServer::questions() const {
  const std::lock_guard lock(mutex_);
  return questions_;
}

void TestNameServer::serve() {
  std::array<char, 1500> buffer{};
  while (true) {
    sockaddr_in peer{};
    socklen_t length = sizeof peer;
    const ssize_t got = recvfrom(socket_.get(), buffer.data(), buffer.size(), 0,
                                 reinterpret_cast<sockaddr*>(&peer), &length);
    if (got <= 0) return;
    const std::string_view question(buffer.data(), static_cast<std::size_t>(got));
    std::size_t end = 0;
    const std::string name = question_name(question, end);
    {
      const std::lock_guard lock(mutex_);
      questions_.push_back(name);
    }
    const DnsReply reply = handler_(name);
    if (reply == DnsReply::kSilence) continue;
    const std::string answer = reply_to(question, end, reply);
    sendto(socket_.get(), answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&peer),
           length);
  }
}

}  // namespace exporter
