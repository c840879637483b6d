// A message: id (2), flags (2), counts of questions, answers, authorities, additionals (2 each);
// then the questions: name, type (2), class (2); then records: name, type, class, TTL (4), length
// (2), data. A name is labels with a length byte before each, ended by 0; a length byte of 0xC0 and
// above begins a pointer to where the name goes on.
#include "exporter/probes/dns_message.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <utility>

namespace exporter {
namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kMaxNameText = 1024;  // 255 bytes, each as \DDD
constexpr int kMaxPointers = 64;
constexpr std::size_t kMaxText = 512;
constexpr std::uint16_t kClassInternet = 1;
constexpr std::uint16_t kTypeSoa = 6;

constexpr std::array<std::pair<std::string_view, std::uint16_t>, 13> kTypes{{
    {"A", 1},
    {"NS", 2},
    {"CNAME", 5},
    {"SOA", 6},
    {"PTR", 12},
    {"MX", 15},
    {"TXT", 16},
    {"AAAA", 28},
    {"SRV", 33},
    {"NAPTR", 35},
    {"HTTPS", 65},
    {"ANY", 255},
    {"CAA", 257},
}};

constexpr std::array<std::string_view, 11> kRcodes = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
                                                      "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
                                                      "NXRRSET", "NOTAUTH", "NOTZONE"};

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return result;
}

std::optional<int> number(std::string_view text, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value >= 0 && value <= most ? std::optional(value) : std::nullopt;
}

void put16(std::string& out, unsigned value) {
  out += static_cast<char>(value >> 8 & 0xFF);
  out += static_cast<char>(value & 0xFF);
}

// Reads forward through a message; once something does not fit, everything reads as 0.
class Reader {
 public:
  Reader(std::string_view message, std::size_t at) : message_(message), at_(at) {}

  bool good() const { return good_; }
  std::size_t at() const { return at_; }
  std::size_t left() const { return message_.size() - at_; }

  unsigned byte() {
    if (at_ >= message_.size()) good_ = false;
    return good_ ? static_cast<unsigned char>(message_[at_++]) : 0;
  }
  std::uint16_t two() {
    const unsigned high = byte();
    return static_cast<std::uint16_t>(high << 8 | byte());
  }
  std::uint32_t four() {
    const std::uint32_t high = two();
    return high << 16 | two();
  }
  std::string_view bytes(std::size_t count) {
    if (count > left()) good_ = false;
    if (!good_) return {};
    at_ += count;
    return message_.substr(at_ - count, count);
  }

  // Pointers lead backwards only, so that no message makes this go in circles.
  std::string name() {
    std::string text;
    std::size_t from = at_;
    bool jumped = false;
    std::size_t lowest = at_;
    for (int pointers = 0;;) {
      if (from >= message_.size()) return broken();
      const auto length = static_cast<unsigned char>(message_[from]);
      if (length >= 0xC0) {
        if (from + 1 >= message_.size() || ++pointers > kMaxPointers) return broken();
        const std::size_t to = static_cast<std::size_t>(length & 0x3F) << 8 |
                               static_cast<unsigned char>(message_[from + 1]);
        if (!std::exchange(jumped, true)) at_ = from + 2;
        if (to >= lowest) return broken();
        lowest = from = to;
        continue;
      }
      if (length > 63 || from + 1 + length > message_.size()) return broken();
      if (length == 0) break;
      if (!text.empty()) text += '.';
      append_label(text, message_.substr(from + 1, length));
      if (text.size() > kMaxNameText) return broken();
      from += 1 + std::size_t{length};
    }
    if (!jumped) at_ = from + 1;
    return text;
  }

 private:
  std::string broken() {
    good_ = false;
    return {};
  }

  static void append_label(std::string& out, std::string_view label) {
    for (const char c : label) {
      if (c > 0x20 && c < 0x7F && c != '.' && c != '\\') {
        out += c;
      } else {
        std::array<char, 8> escaped{};
        std::snprintf(escaped.data(), escaped.size(), "\\%03u", static_cast<unsigned char>(c));
        out += escaped.data();
      }
    }
  }

  std::string_view message_;
  std::size_t at_;
  bool good_ = true;
};

std::string address_text(int family, std::string_view bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return inet_ntop(family, bytes.data(), text.data(), text.size()) != nullptr ? text.data() : "";
}

// The data of a record as text; what is not known is shown in hexadecimal.
std::string data_text(Reader& reader, std::uint16_t type, std::size_t length,
                      std::optional<std::uint32_t>& serial) {
  const std::size_t end = reader.at() + length;
  const auto with_number = [&] {
    const std::string first = std::to_string(reader.two());
    return first + " " + reader.name();
  };
  switch (type) {
    case 1:
      if (length == 4) return address_text(AF_INET, reader.bytes(4));
      break;
    case 28:
      if (length == 16) return address_text(AF_INET6, reader.bytes(16));
      break;
    case 2:
    case 5:
    case 12: return reader.name();
    case 15: return with_number();
    case 33: {
      const std::string priority = std::to_string(reader.two());
      const std::string weight = std::to_string(reader.two());
      return priority + " " + weight + " " + with_number();
    }
    case 16: {
      std::string text;
      while (reader.good() && reader.at() < end) {
        if (!text.empty()) text += ' ';
        text += '"' + std::string(reader.bytes(reader.byte())) + '"';
      }
      return text.substr(0, kMaxText);
    }
    case kTypeSoa: {
      std::string text = reader.name();
      text += " " + reader.name();
      serial = reader.four();
      text += " " + std::to_string(*serial);
      for (int i = 0; i < 4; ++i) text += " " + std::to_string(reader.four());
      return text;
    }
    default: break;
  }
  std::string text;
  for (const char c : reader.bytes(length).substr(0, kMaxText / 2)) {
    std::array<char, 4> hex{};
    std::snprintf(hex.data(), hex.size(), "%02x", static_cast<unsigned char>(c));
    text += hex.data();
  }
  return text;
}

std::optional<DnsRecord> read_record(Reader& reader, std::optional<std::uint32_t>& serial) {
  DnsRecord record;
  record.name = reader.name();
  record.type = reader.two();
  reader.two();  // class
  record.ttl = reader.four();
  const std::size_t length = reader.two();
  const std::size_t end = reader.at() + length;
  if (!reader.good() || length > reader.left()) return std::nullopt;
  std::optional<std::uint32_t> found;
  record.text = data_text(reader, record.type, length, found);
  if (!reader.good() || reader.at() > end) return std::nullopt;
  reader.bytes(end - reader.at());
  if (!serial) serial = found;
  return record;
}

}  // namespace

std::optional<std::uint16_t> dns_type(std::string_view name) {
  const std::string wanted = upper(name);
  for (const auto& [known, type] : kTypes) {
    if (known == wanted) return type;
  }
  const auto given = number(name, 65535);
  return given && *given > 0 ? std::optional(static_cast<std::uint16_t>(*given)) : std::nullopt;
}

std::optional<int> dns_rcode(std::string_view name) {
  const std::string wanted = upper(name);
  const auto* const known = std::ranges::find(kRcodes, wanted);
  if (known != kRcodes.end()) return static_cast<int>(known - kRcodes.begin());
  return number(name, 4095);
}

std::string dns_rcode_name(int rcode) {
  const auto index = static_cast<std::size_t>(rcode);
  return index < kRcodes.size() ? std::string(kRcodes[index]) : "rcode " + std::to_string(rcode);
}

Result<std::string> dns_question(std::string_view name, std::uint16_t type, std::uint16_t id,
                                 bool recursion) {
  std::string message;
  put16(message, id);
  put16(message, recursion ? 0x0100 : 0);
  put16(message, 1);
  for (int i = 0; i < 3; ++i) put16(message, 0);
  std::string_view rest = name.ends_with('.') ? name.substr(0, name.size() - 1) : name;
  if (rest.size() > 253) return fail(ErrorKind::kInvalid, "longer than a domain name may be");
  while (!rest.empty()) {
    const std::size_t dot = std::min(rest.find('.'), rest.size());
    if (dot == 0 || dot > 63 || dot + 1 == rest.size()) {
      return fail(ErrorKind::kInvalid, "not a domain name");
    }
    message += static_cast<char>(dot);
    message += rest.substr(0, dot);
    rest.remove_prefix(std::min(dot + 1, rest.size()));
  }
  message += '\0';
  put16(message, type);
  put16(message, kClassInternet);
  return message;
}

Result<std::optional<DnsAnswer>> read_dns_answer(std::string_view message,
                                                 std::string_view question) {
  constexpr unsigned kResponse = 0x8000;
  constexpr unsigned kTruncated = 0x0200;
  if (message.size() < kHeaderBytes) return std::nullopt;
  Reader header(message, 0);
  Reader asked(question, 0);
  const bool same_id = header.two() == asked.two();
  const unsigned flags = header.two();
  if (!same_id || (flags & kResponse) == 0) return std::nullopt;

  DnsAnswer answer;
  answer.rcode = static_cast<int>(flags & 0x000F);
  answer.truncated = (flags & kTruncated) != 0;
  const unsigned questions = header.two();
  const unsigned answers = header.two();
  answer.authority_count = header.two();
  answer.additional_count = header.two();
  const auto broken = [] { return fail(ErrorKind::kParse, "the answer is broken"); };
  if (questions == 0) {
    // A server that could not read the question, or would not, need not repeat it.
    return answer.rcode != 0 ? Result<std::optional<DnsAnswer>>(answer) : broken();
  }
  Reader body(message, kHeaderBytes);
  Reader asked_body(question, kHeaderBytes);
  const std::string name = body.name();
  const std::uint16_t type = body.two();
  body.two();
  if (questions != 1 || !body.good()) return broken();
  if (upper(name) != upper(asked_body.name()) || type != asked_body.two()) return std::nullopt;
  for (unsigned i = 0; i < answers && !answer.truncated; ++i) {
    auto record = read_record(body, answer.serial);
    if (!record) return broken();
    if (answer.answers.size() < kMaxDnsRecords) answer.answers.push_back(std::move(*record));
  }
  return answer;
}

}  // namespace exporter
