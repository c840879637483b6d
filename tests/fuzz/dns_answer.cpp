// Answers of a name server.
#include <string>
#include <string_view>

#include "exporter/probes/dns_message.h"
#include "tests/fuzz/fuzz.h"

void fuzz_dns_answer(std::string_view input) {
  static const std::string question =
      exporter::dns_question("web.example", 1, 0x1234, true).value();
  const auto answer = exporter::read_dns_answer(input, question);
  if (!answer) {
    FUZZ_CHECK(!answer.error().message.empty());
    return;
  }
  if (!*answer) return;
  FUZZ_CHECK((*answer)->answers.size() <= exporter::kMaxDnsRecords);
  for (const exporter::DnsRecord& record : (*answer)->answers) {
    FUZZ_CHECK(record.name.size() <= 2048);
    FUZZ_CHECK(record.text.size() <= 8192);
  }
}
