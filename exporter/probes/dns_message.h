// DNS messages (RFC 1035, section 4): questions written, answers read. Answers come from whoever
// the probe asks, so every length is checked. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/core/error.h"

namespace exporter {

// "A", "AAAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT", "CAA", "ANY", or a number.
std::optional<std::uint16_t> dns_type(std::string_view name);
// "NOERROR", "NXDOMAIN", … or a number up to 4095.
std::optional<int> dns_rcode(std::string_view name);
std::string dns_rcode_name(int rcode);

// What stands before it over TCP, its length in two bytes, is not part of a message. kInvalid: not
// a domain name.
Result<std::string> dns_question(std::string_view name, std::uint16_t type, std::uint16_t id,
                                 bool recursion);

struct DnsRecord {
  std::string name;  // without the last dot, bytes outside of visible ASCII as \DDD
  std::uint16_t type = 0;
  std::uint32_t ttl = 0;
  std::string text;  // as dig prints it: "192.0.2.1", "10 mail.example"
};

struct DnsAnswer {
  int rcode = 0;
  bool truncated = false;
  std::vector<DnsRecord> answers;  // at most kMaxDnsRecords
  int authority_count = 0;
  int additional_count = 0;
  std::optional<std::uint32_t> serial;  // of the first SOA among the answers
};

inline constexpr std::size_t kMaxDnsRecords = 256;

// Nothing when it answers another question (id, name, type): it is to be passed over, as a
// resolver does. kParse when it answers this one and is broken.
Result<std::optional<DnsAnswer>> read_dns_answer(std::string_view message,
                                                 std::string_view question);

}  // namespace exporter
