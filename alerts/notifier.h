// The boundary between the pager and the network: messages to members, the receivers of
// alerts/receivers.h by number. HttpNotifier (alerts/sender.h) is the real one.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "alerts/alert.h"
#include "alerts/spec.h"

namespace alerts {

// One alert as it goes out now.
struct Message {
  std::string key;  // of the outbox row; not sent
  Alert alert;
  std::int64_t ends_at_ms = 0;  // Unix
  bool as_active = true;        // not sent: what its endsAt says to Alertmanager
};

enum class Reply : std::uint8_t {
  kTaken,    // 2xx
  kRefused,  // it does not want this content: 400, 413, 422
  kFailed,   // anything else: unreachable, too slow, 5xx, wrong credentials
};

// What an Alertmanager does with an alert that it has.
struct AlertState {
  Labels labels;
  bool silenced = false;
  bool inhibited = false;
  std::vector<std::string> receivers;  // whom it notifies
};

struct Outcome {
  std::size_t member = 0;
  Reply reply = Reply::kFailed;
  std::string reason;              // for people; empty when taken
  bool asked = false;              // of ask(), not of send()
  std::vector<AlertState> states;  // when asked and taken
};

class Notifier {
 public:
  virtual ~Notifier() = default;

  // The members are those of this spec from now on; what is on its way is given up and has no
  // outcome. Alert thread.
  virtual void set(const AlertingSpec& spec) = 0;

  // Starts one request; each gives exactly one outcome from wait(), never one of its own. A member
  // has one request at a time; members do not wait for each other. No messages for a heartbeat.
  // Alert thread, never blocks.
  virtual void send(std::size_t member, const std::vector<Message>& messages) = 0;

  // Starts a request for what an Alertmanager does with our alerts, as send() does. False: nothing
  // was started.
  virtual bool ask(std::size_t member) = 0;

  // Moves requests along until some have an outcome, wake() is called or the time is over. Alert
  // thread.
  virtual std::vector<Outcome> wait(std::chrono::milliseconds timeout) = 0;

  // Ends a wait(), or the next one when there is none. Any thread.
  virtual void wake() = 0;
};

}  // namespace alerts
