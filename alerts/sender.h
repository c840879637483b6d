// The notifier that talks HTTP: POST {url}/api/v2/alerts to Alertmanagers, POST to webhooks, GET to
// the heartbeat, GET {url}/api/v2/alerts for what became of alerts; over libcurl's multi interface,
// all on the thread that calls wait(). A request has one deadline for everything, name look-up
// included; no redirects, no proxy; answers of bounded size; credentials are read from their files
// at each send. A member that hangs delays no other.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "alerts/notifier.h"
#include "alerts/spec.h"

namespace alerts {

class HttpNotifier final : public Notifier {
 public:
  explicit HttpNotifier(const AlertingSpec& spec);  // may name nobody: then it only waits
  ~HttpNotifier() override;
  HttpNotifier(const HttpNotifier&) = delete;
  HttpNotifier& operator=(const HttpNotifier&) = delete;

  void set(const AlertingSpec& spec) override;
  void send(std::size_t member, const std::vector<Message>& messages) override;
  bool ask(std::size_t member) override;
  std::vector<Outcome> wait(std::chrono::milliseconds timeout) override;
  void wake() override;

 private:
  struct Member;
  struct Multi;

  void finish_transfers();

  std::mutex mutex_;  // guards the making of multi_, and waiting without it
  std::condition_variable changed_;
  std::unique_ptr<Multi> multi_;  // made for the first member: libcurl and TLS cost memory
  std::vector<std::unique_ptr<Member>> members_;  // go before multi_
  std::vector<Outcome> outcomes_;
  std::atomic<bool> woken_ = false;
};

}  // namespace alerts
