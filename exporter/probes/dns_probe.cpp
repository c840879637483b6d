// A lost datagram is no outage: over UDP the question is sent again after a third of the timeout,
// and once more after two thirds, as every resolver does.
#include "exporter/probes/dns_probe.h"

#include <re2/re2.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "exporter/core/text.h"

namespace exporter {
namespace {

constexpr std::size_t kMaxMessageBytes = 65'535;
constexpr std::size_t kMaxShownBytes = 60;

std::unique_ptr<re2::RE2> compile(const std::string& pattern) {
  return pattern.empty() ? nullptr : std::make_unique<re2::RE2>(pattern, re2::RE2::Quiet);
}

}  // namespace

DnsProbe::DnsProbe(const ProbeSpec& spec, const DnsTarget& target, ProbeTools& tools)
    : Prober(spec, tools),
      target_(target),
      one_(compile(target.answers_match)),
      all_(compile(target.all_answers_match)) {}

DnsProbe::~DnsProbe() { DnsProbe::release(); }

void DnsProbe::release() {
  if (!socket_) return;
  tools_.reactor.forget(socket_.get());
  socket_.reset();
}

void DnsProbe::begin(const Moment& now) { resolve(target_.host, target_.port, target_.reach, now); }

void DnsProbe::resolved(const Moment& now) {
  result_.remote_address = addresses_.front().text();
  ask(target_.tcp, now);
}

void DnsProbe::ask(bool tcp, const Moment& now) {
  release();
  tcp_ = tcp;
  sent_ = 0;
  received_.clear();
  phase_start_ns_ = now.boot_ns;
  std::uint16_t id = 0;
  if (getrandom(&id, sizeof id, 0) < 0) id = static_cast<std::uint16_t>(now.boot_ns);
  question_ = dns_question(target_.name, target_.type, id, target_.recursion).value_or("");
  const Address& server = addresses_.front();
  const int type = tcp ? SOCK_STREAM : SOCK_DGRAM;
  socket_.reset(socket(server.family(), type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  connecting_ = false;
  // errno is the socket's where there is none, else the connection's.
  if (socket_ && connect(socket_.get(), server.data(), server.size()) == 0) {
    send_question(now);
  } else if (socket_ && errno == EINPROGRESS) {
    connecting_ = true;
    if (!tools_.reactor.watch(socket_.get(), EPOLLOUT, *this)) lost(ENOMEM, now);
  } else {
    lost(errno, now);
  }
}

void DnsProbe::send_question(const Moment& now) {
  if (std::exchange(connecting_, false) || sent_ == 0) {
    result_.durations.connect_ns += now.boot_ns - std::exchange(phase_start_ns_, now.boot_ns);
  }
  std::string message = question_;
  if (tcp_) {
    const std::size_t size = question_.size();
    message.insert(0, {static_cast<char>(size >> 8), static_cast<char>(size & 0xFF)});
  } else {
    again_after_ns_ = (deadline_ns() - result_.sent.boot_ns) / 3;
    wake_ns_ = now.boot_ns + again_after_ns_;
  }
  // A question is a few hundred bytes at most: a fresh socket takes it whole.
  const ssize_t sent = send(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL);
  if (sent < 0) {
    lost(errno, now);
    return;
  }
  sent_ = static_cast<std::size_t>(sent);
  if (!tools_.reactor.watch(socket_.get(), EPOLLIN, *this)) lost(ENOMEM, now);
}

void DnsProbe::wake_came(const Moment& now) {
  if (tcp_ || connecting_) return;
  [[maybe_unused]] const ssize_t sent =
      send(socket_.get(), question_.data(), question_.size(), MSG_NOSIGNAL);
  wake_ns_ = now.boot_ns + again_after_ns_;
}

void DnsProbe::descriptor_ready(int, std::uint32_t, const Moment& now) {
  if (connecting_) {
    int number = 0;
    socklen_t size = sizeof number;
    getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &number, &size);
    if (number != 0) {
      lost(number, now);
    } else {
      send_question(now);
    }
    return;
  }
  std::array<char, kMaxMessageBytes> buffer;
  const ssize_t got = recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (got < 0) {
    if (errno != EAGAIN) lost(errno, now);
    return;
  }
  const std::string_view came(buffer.data(), static_cast<std::size_t>(got));
  if (!tcp_) {
    take_message(came, now);
    return;
  }
  received_ += came;
  if (got == 0) {
    result_.durations.processing_ns += now.boot_ns - phase_start_ns_;
    end(now,
        Failure{.phase = ProbePhase::kContent, .reason = "the server ended without an answer"});
    return;
  }
  if (received_.size() < 2) return;
  const std::size_t size = static_cast<std::size_t>(static_cast<unsigned char>(received_[0])) << 8 |
                           static_cast<unsigned char>(received_[1]);
  if (received_.size() >= size + 2) take_message(std::string_view(received_).substr(2, size), now);
}

void DnsProbe::take_message(std::string_view message, const Moment& now) {
  auto answer = read_dns_answer(message, question_);
  if (answer && !*answer && !tcp_) return;  // of another question
  result_.durations.processing_ns += now.boot_ns - std::exchange(phase_start_ns_, now.boot_ns);
  if (!answer || !*answer) {
    end(now, Failure{.phase = ProbePhase::kContent,
                     .reason = answer ? "an answer to another question" : answer.error().message});
  } else if ((*answer)->truncated && !tcp_) {
    wake_ns_ = INT64_MAX;
    ask(true, now);
  } else {
    judge(**answer, now);
  }
}

void DnsProbe::judge(const DnsAnswer& answer, const Moment& now) {
  result_.dns = DnsCounts{.answers = static_cast<int>(answer.answers.size()),
                          .authorities = answer.authority_count,
                          .additionals = answer.additional_count,
                          .serial = answer.serial};
  if (std::ranges::find(target_.rcodes, answer.rcode) == target_.rcodes.end()) {
    end(now, Failure{.phase = ProbePhase::kContent,
                     .reason = "the answer is " + dns_rcode_name(answer.rcode)});
    return;
  }
  const auto matching = [&](const re2::RE2& pattern) {
    return static_cast<std::size_t>(std::ranges::count_if(
        answer.answers, [&](const DnsRecord& r) { return re2::RE2::FullMatch(r.text, pattern); }));
  };
  const auto refuse = [&](const std::string& pattern) {
    std::string reason = "not as " + printable(pattern, kMaxShownBytes) + " wants it: ";
    reason += answer.answers.empty() ? "no answers" : answer.answers.front().text;
    end(now, Failure{.phase = ProbePhase::kContent, .reason = reason, .pattern_failed = true});
  };
  if (one_ != nullptr && matching(*one_) == 0) {
    refuse(target_.answers_match);
  } else if (all_ != nullptr &&
             (answer.answers.empty() || matching(*all_) < answer.answers.size())) {
    refuse(target_.all_answers_match);
  } else {
    end(now, std::nullopt);
  }
}

void DnsProbe::lost(int number, const Moment& now) {
  result_.durations.connect_ns += now.boot_ns - std::exchange(phase_start_ns_, now.boot_ns);
  end(now, connect_failure(number, result_.remote_address));
}

Failure DnsProbe::at_deadline(const Moment& now) {
  std::int64_t& duration =
      connecting_ ? result_.durations.connect_ns : result_.durations.processing_ns;
  duration += now.boot_ns - phase_start_ns_;
  Failure failure{.phase = ProbePhase::kTimeout,
                  .reason = result_.remote_address + ": no answer " + within_timeout()};
  if (!some_route(addresses_)) failure.cause = UnknownCause::kNoRoute;
  return failure;
}

}  // namespace exporter
