#include "exporter/probes/dns_message.h"

#include <string>

#include "tests/support/doctest.h"

namespace exporter {
namespace {

using std::string_literals::operator""s;

std::string question(std::string_view name = "web.example", std::uint16_t type = 1) {
  return dns_question(name, type, 0x1234, true).value();
}

// The answer to a question: flags, counts of answers, authorities and additionals, then records.
std::string answer_to(const std::string& asked, unsigned flags, char answers,
                      const std::string& records) {
  std::string message = asked;
  message[2] = static_cast<char>(0x80 | flags >> 8);
  message[3] = static_cast<char>(flags & 0xFF);
  message[7] = answers;
  return message + records;
}

const std::string kAddress = "\xC0\x0C\0\1\0\1\0\0\0\x3C\0\4\xC0\0\2\7"s;

TEST_CASE("a question is written as RFC 1035 wants it") {
  CHECK(question() == "\x12\x34\1\0\0\1\0\0\0\0\0\0\3web\7example\0\0\1\0\1"s);
  CHECK(dns_question(".", 2, 1, false) == "\0\1\0\0\0\1\0\0\0\0\0\0\0\0\2\0\1"s);
  for (const char* wrong : {"a..b", ".a", "a\0b"}) {
    CAPTURE(std::string(wrong));
    if (std::string_view(wrong) != "a") CHECK_FALSE(dns_question(wrong, 1, 1, true));
  }
  CHECK_FALSE(dns_question(std::string(64, 'x'), 1, 1, true));
  CHECK_FALSE(dns_question(std::string(254, 'x'), 1, 1, true));
}

TEST_CASE("an answer is read, a compressed name followed") {
  const auto answer = read_dns_answer(answer_to(question(), 0, 1, kAddress), question());
  REQUIRE(answer);
  REQUIRE(*answer);
  CHECK((*answer)->rcode == 0);
  REQUIRE((*answer)->answers.size() == 1);
  const DnsRecord& record = (*answer)->answers[0];
  CHECK(record.name == "web.example");
  CHECK(record.text == "192.0.2.7");
  CHECK(record.ttl == 60);
}

TEST_CASE("records are shown as people know them") {
  const auto text_of = [](std::uint16_t type, const std::string& data) {
    std::string record = "\xC0\x0C"s;
    record += static_cast<char>(type >> 8);
    record += static_cast<char>(type & 0xFF);
    record += "\0\1\0\0\0\1\0"s + static_cast<char>(data.size()) + data;
    const std::string asked = question("web.example", type);
    const auto answer = read_dns_answer(answer_to(asked, 0, 1, record), asked);
    REQUIRE(answer);
    return (*answer)->answers.at(0).text;
  };
  CHECK(text_of(28, "\x20\1\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\1"s) == "2001:db8::1");
  CHECK(text_of(15, "\0\x0A\4mail\xC0\x0C"s) == "10 mail.web.example");
  CHECK(text_of(16, "\5hello\2ab"s) == "\"hello\" \"ab\"");
  CHECK(text_of(5, "\1a\0"s) == "a");
  CHECK(text_of(99, "\1\xFF"s) == "01ff");
  CHECK(text_of(12, "\3a.b\0"s) == "a\\046b");
  CHECK(text_of(6, "\1n\0\1h\0\0\0\0\7\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4"s) == "n h 7 1 2 3 4");
}

TEST_CASE("an answer to another question is passed over") {
  const auto passed_over = [](const std::string& message) {
    const auto answer = read_dns_answer(message, question());
    return answer && !*answer;
  };
  CHECK(passed_over(answer_to(question("other.example"), 0, 1, kAddress)));
  CHECK(passed_over(answer_to(question("web.example", 28), 0, 0, "")));
  std::string other_id = answer_to(question(), 0, 1, kAddress);
  other_id[0] = 0;
  CHECK(passed_over(other_id));
  CHECK(passed_over(question()));  // no answer at all
  CHECK(passed_over("short"));
  CHECK_FALSE(passed_over(answer_to(question("WEB.example"), 0, 1, kAddress)));
}

TEST_CASE("a refusal may come without the question") {
  std::string refused = answer_to(question(), 5, 0, "").substr(0, 12);
  refused[5] = 0;
  const auto answer = read_dns_answer(refused, question());
  REQUIRE(answer);
  REQUIRE(*answer);
  CHECK((*answer)->rcode == 5);
  CHECK(dns_rcode_name(5) == "REFUSED");
}

TEST_CASE("a broken answer is an error, whatever is broken") {
  const auto broken = [](const std::string& records, char count = 1) {
    return !read_dns_answer(answer_to(question(), 0, count, records), question());
  };
  CHECK(broken(""));                                       // none of those announced
  CHECK(broken(kAddress.substr(0, 10)));                   // cut
  CHECK(broken(kAddress, 2));                              // one too few
  CHECK(broken("\xC0\xFF\0\1\0\1\0\0\0\1\0\4\1\2\3\4"s));  // pointer forward
  CHECK(broken("\xC0\x1D\0\1\0\1\0\0\0\1\0\4\1\2\3\4"s));  // pointer to itself
  CHECK(broken("\x40\0\1\0\1\0\0\0\1\0\4\1\2\3\4"s));      // neither label nor pointer
  CHECK(broken("\xC0\x0C\0\5\0\1\0\0\0\1\0\1\3"s));        // name beyond its record
}

TEST_CASE("a truncated answer is told, its records are not read") {
  const auto answer = read_dns_answer(answer_to(question(), 0x0200, 9, ""), question());
  REQUIRE(answer);
  CHECK((*answer)->truncated);
}

TEST_CASE("types and codes go by name or number") {
  CHECK(dns_type("aaaa") == 28);
  CHECK(dns_type("65") == 65);
  CHECK_FALSE(dns_type("0"));
  CHECK_FALSE(dns_type("NOPE"));
  CHECK(dns_rcode("nxdomain") == 3);
  CHECK(dns_rcode("23") == 23);
  CHECK_FALSE(dns_rcode("-1"));
}

}  // namespace
}  // namespace exporter
