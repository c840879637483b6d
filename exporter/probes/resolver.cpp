// Two questions over one c-ares channel. The first is about the name. When it fails with anything
// but a plain "no such name", or half of the time is gone, the second asks the same servers for the
// name servers of the root, which every resolver that works knows:
//
//   name        root      verdict
//   no such     -         failed: an answer about the target
//   error       answered  failed: the resolver works, this name does not
//   error       error     no resolver: a broken one says SERVFAIL (systemd-resolved without
//   silence     silence   a network) or nothing to everything
//
// A channel lives for one look-up: it reads resolv.conf as it is now and sends from fresh ports.
#include "exporter/probes/resolver.h"

#include <ares.h>
#include <arpa/nameser.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "exporter/core/clock.h"

namespace exporter {
namespace {

constexpr std::size_t kMaxAddresses = 16;
constexpr int kTries = 3;

bool library_ready() {
  static const bool ready = ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
  return ready;
}

bool is_no_such_name(int status) { return status == ARES_ENOTFOUND || status == ARES_ENODATA; }

bool is_out_of_means(int status) { return status == ARES_ENOMEM || status == ARES_EFILE; }

bool is_localhost(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  constexpr std::string_view kName = "localhost";
  const auto same = [](char a, char b) { return a == b || (a >= 'A' && a <= 'Z' && a + 32 == b); };
  if (host.size() > kName.size() && host[host.size() - kName.size() - 1] != '.') return false;
  return host.size() >= kName.size() &&
         std::ranges::equal(host.substr(host.size() - kName.size()), kName, same);
}

}  // namespace

NameLookup::NameLookup(Question question, const Moment& now, Reactor& reactor,
                       Reactor::Watcher& watcher)
    : question_(std::move(question)),
      reactor_(reactor),
      watcher_(watcher),
      doubt_at_ns_(now.boot_ns + question_.budget_ns / 2) {
  if (know_without_asking()) {
    name_ = {.asked = true, .done = true, .status = ARES_SUCCESS};
  } else {
    ask();
  }
}

bool NameLookup::know_without_asking() {
  const auto add = [&](const std::string& text) {
    const auto address = Address::from_text(text, question_.port);
    const int version = address && address->is_v6() ? 6 : 4;
    const bool wanted = question_.ip_version == 0 || question_.ip_version == version;
    if (address && wanted) addresses_.push_back(*address);
    return address.has_value();
  };
  if (is_localhost(question_.host)) {
    add("127.0.0.1");
    add("::1");
    return true;
  }
  return add(question_.host);
}

void NameLookup::ask() {
  ares_options options{};
  options.timeout = static_cast<int>(std::max<std::int64_t>(question_.budget_ns / 4 / kNsPerMs, 1));
  options.tries = kTries;
  options.sock_state_cb_data = this;
  options.sock_state_cb = [](void* arg, ares_socket_t fd, int readable, int writable) {
    auto* self = static_cast<NameLookup*>(arg);
    const std::uint32_t events = (readable != 0 ? EPOLLIN : 0U) | (writable != 0 ? EPOLLOUT : 0U);
    if (events == 0) {
      self->reactor_.forget(fd);
    } else {
      self->reactor_.watch(fd, events, self->watcher_);
    }
  };
  int status = ARES_ENOTINITIALIZED;
  if (library_ready()) {
    status = ares_init_options(&channel_, &options,
                               ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
  }
  if (status == ARES_SUCCESS && !question_.name_servers.empty()) {
    status = ares_set_servers_ports_csv(channel_, question_.name_servers.c_str());
  }
  if (status != ARES_SUCCESS) {
    name_ = {.asked = true, .done = true, .status = ARES_ENOMEM};
    return;
  }

  name_.asked = true;
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  if (question_.ip_version != 0) hints.ai_family = question_.ip_version == 4 ? AF_INET : AF_INET6;
  hints.ai_socktype = SOCK_STREAM;
  const auto on_answer = [](void* arg, int result, int, ares_addrinfo* found) {
    auto* self = static_cast<NameLookup*>(arg);
    self->name_.done = true;
    self->name_.status = result;
    if (found == nullptr) return;
    for (const auto* node = found->nodes; node != nullptr; node = node->ai_next) {
      if (self->addresses_.size() == kMaxAddresses) break;
      if (const auto address = Address::from(node->ai_addr, self->question_.port)) {
        self->addresses_.push_back(*address);
      }
    }
    ares_freeaddrinfo(found);
  };
  ares_getaddrinfo(channel_, question_.host.c_str(), nullptr, &hints, on_answer, this);
}

NameLookup::~NameLookup() {
  if (channel_ != nullptr) ares_destroy(channel_);
}

void NameLookup::ask_about_root() {
  root_.asked = true;
  const auto on_answer = [](void* arg, int result, int, unsigned char*, int) {
    auto* self = static_cast<NameLookup*>(arg);
    self->root_.done = true;
    self->root_.status = result;
  };
  ares_query(channel_, ".", ns_c_in, ns_t_ns, on_answer, this);
}

void NameLookup::ready(int fd, std::uint32_t events) {
  const bool read = (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0;
  const bool write = (events & EPOLLOUT) != 0;
  ares_process_fd(channel_, read ? fd : ARES_SOCKET_BAD, write ? fd : ARES_SOCKET_BAD);
}

LookupState NameLookup::step(const Moment& now) {
  const bool waits = !name_.done || (root_.asked && !root_.done);
  if (channel_ != nullptr && waits) ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  const bool in_doubt = name_.done ? name_.status != ARES_SUCCESS && !is_no_such_name(name_.status)
                                   : now.boot_ns >= doubt_at_ns_;
  if (in_doubt && !root_.asked && channel_ != nullptr) ask_about_root();
  return verdict();
}

LookupState NameLookup::verdict() {
  if (!name_.done) return LookupState::kRunning;
  if (name_.status == ARES_SUCCESS && !addresses_.empty()) return LookupState::kFound;
  reason_ = question_.host + ": " +
            (name_.status == ARES_SUCCESS ? "no address" : ares_strerror(name_.status));
  if (name_.status == ARES_SUCCESS || is_no_such_name(name_.status)) return LookupState::kFailed;
  if (is_out_of_means(name_.status)) return LookupState::kLocal;
  if (root_.asked && !root_.done) return LookupState::kRunning;
  return give_up();
}

LookupState NameLookup::give_up() const {
  const bool resolver_works =
      root_.done && (root_.status == ARES_SUCCESS || is_no_such_name(root_.status));
  return resolver_works ? LookupState::kFailed : LookupState::kNoResolver;
}

std::int64_t NameLookup::wake_ns(const Moment& now) const {
  if (channel_ == nullptr) return now.boot_ns;
  std::int64_t wake_ns = root_.asked ? INT64_MAX : doubt_at_ns_;
  timeval left{};
  if (ares_timeout(channel_, nullptr, &left) != nullptr) {
    wake_ns = std::min(wake_ns, now.boot_ns + std::int64_t{left.tv_sec} * 1'000'000'000 +
                                    std::int64_t{left.tv_usec} * 1000);
  }
  return wake_ns;
}

}  // namespace exporter
