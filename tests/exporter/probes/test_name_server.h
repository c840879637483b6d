// A name server on a UDP port of 127.0.0.1 that answers as the test says.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "exporter/core/kernel_file.h"

namespace exporter {

enum class DnsReply {
  kAddress,
  kSeveral,
  kMetadata,
  kNoSuchName,
  kServerFailure,
  kRefused,
  kSilence,
  kRoot
};

class TestNameServer {
 public:
  // Asked with the name of each question ("" for the root); to questions for IPv4 addresses
  // kAddress answers 127.0.0.1, kSeveral 127.0.0.9, .8, .7, .6, three times 127.255.255.255, to
  // which connect() fails at once, 127.0.0.2 and .1, kMetadata 169.254.169.254; to others "no
  // data".
  using Handler = std::function<DnsReply(const std::string& name)>;

  explicit TestNameServer(Handler handler);
  ~TestNameServer();

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::vector<std::string> questions() const;

 private:
  void serve();

  Handler handler_;
  int port_ = 0;
  FileDescriptor socket_;
  mutable std::mutex mutex_;
  std::vector<std::string> questions_;
  std::jthread thread_;
};

}  // namespace exporter
