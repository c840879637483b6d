// The notifier of a configuration without Alertmanagers: there is no member to send to, so all it
// does is wait. A daemon without alerting then never starts libcurl and its TLS.
#pragma once

#include <condition_variable>
#include <mutex>
#include <utility>

#include "alerts/notifier.h"

namespace alerts {

class NoNotifier final : public Notifier {
 public:
  void send(std::size_t, const std::vector<Message>&) override {}
  bool ask(std::size_t) override { return false; }

  std::vector<Outcome> wait(std::chrono::milliseconds timeout) override {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, timeout, [this] { return woken_; });
    woken_ = false;
    return {};
  }

  void wake() override {
    {
      const std::lock_guard guard(mutex_);
      woken_ = true;
    }
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;  // under mutex_
};

}  // namespace alerts
