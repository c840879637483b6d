#include "exporter/probes/gateway_echo.h"

#include <algorithm>
#include <cerrno>

namespace exporter {
namespace {

constexpr int kPayloadBytes = 16;

}  // namespace

GatewayEcho::~GatewayEcho() {
  for (const Question& question : questions_) reactor_.forget(question.socket.fd());
}

bool GatewayEcho::ask(const Gateway& gateway) {
  std::erase_if(questions_, [&](const Question& question) {
    const bool same = question.gateway == gateway;
    if (same) reactor_.forget(question.socket.fd());
    return same;
  });
  EchoSocket socket(gateway.address, kPayloadBytes);
  if (socket.error() == EACCES || socket.error() == EPERM) return false;
  // An error of the network (its interface is down) is a kind of silence.
  if (socket.error() != 0 || socket.send() != 0) return true;
  if (!reactor_.watch(socket.fd(), EPOLLIN, *this)) return true;
  questions_.push_back({gateway, std::move(socket)});
  return true;
}

void GatewayEcho::ready(int fd, std::uint32_t) {
  const auto question = std::ranges::find_if(
      questions_, [&](const Question& asked) { return asked.socket.fd() == fd; });
  if (question == questions_.end()) return;
  const EchoSocket::Heard heard = question->socket.receive();
  if (heard == EchoSocket::Heard::kNothing) return;
  const Gateway gateway = question->gateway;
  reactor_.forget(fd);
  questions_.erase(question);
  if (heard == EchoSocket::Heard::kReply) answered_(gateway);
}

}  // namespace exporter
