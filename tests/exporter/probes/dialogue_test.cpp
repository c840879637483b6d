#include "exporter/probes/dialogue.h"

#include "tests/support/doctest.h"

namespace exporter {
namespace {

using Want = Dialogue::Want;

const std::vector<DialogueStep> kSmtp = {
    {.expect = "^220", .send = "EHLO prober"},
    {.expect = "^250[- ]STARTTLS", .send = "STARTTLS"},
    {.expect = "^220", .starttls = true},
    {.send = "QUIT"},
};

TEST_CASE("a conversation goes step by step, and lines that do not match are passed over") {
  Dialogue dialogue(kSmtp);
  CHECK(dialogue.want() == Want::kReceive);
  CHECK(dialogue.received("220 mail.exa"));
  CHECK(dialogue.want() == Want::kReceive);
  CHECK(dialogue.received("mple\r\n"));
  REQUIRE(dialogue.want() == Want::kSend);
  CHECK(dialogue.to_send() == "EHLO prober\r\n");
  dialogue.sent(5);
  CHECK(dialogue.to_send() == "prober\r\n");
  dialogue.sent(8);
  CHECK(dialogue.received("250-mail.example\r\n250-STARTTLS\r\n250 HELP\r\n"));
  CHECK(dialogue.to_send() == "STARTTLS\r\n");
  dialogue.sent(10);
  CHECK(dialogue.want() == Want::kReceive);
  CHECK(dialogue.received("220 ready\r\n"));
  CHECK(dialogue.want() == Want::kStartTls);
  CHECK(dialogue.tls_started());
  CHECK(dialogue.to_send() == "QUIT\r\n");
  dialogue.sent(6);
  CHECK(dialogue.want() == Want::kNothing);
}

TEST_CASE(
    "what came in clear after the line that begins TLS is never taken for what TLS protects") {
  const std::vector<DialogueStep> steps = {{.expect = "^220", .starttls = true},
                                           {.expect = "^250"}};
  Dialogue dialogue(steps);
  CHECK(dialogue.received("220 go\r\n250 injected\r\n"));
  REQUIRE(dialogue.want() == Want::kStartTls);
  CHECK_FALSE(dialogue.tls_started());
}

TEST_CASE("groups of a matching line stand in what is sent") {
  const std::vector<DialogueStep> steps = {{.expect = "^PING (\\S+)$", .send = "PONG \\1"}};
  Dialogue dialogue(steps);
  CHECK(dialogue.received(":server NOTICE\r\nPING abc123\r\n"));
  CHECK(dialogue.to_send() == "PONG abc123\r\n");
}

TEST_CASE("what is waited for is told with the last line that came instead") {
  Dialogue dialogue(kSmtp);
  CHECK(dialogue.waits_for() == "waiting for a line that matches ^220");
  CHECK(dialogue.received("554 go away\r\n"));
  CHECK(dialogue.waits_for() ==
        "waiting for a line that matches ^220, the last one was '554 go away'");
}

TEST_CASE("a line without end is refused, not kept") {
  Dialogue dialogue(kSmtp);
  CHECK_FALSE(dialogue.received(std::string(Dialogue::kMaxLineBytes + 1, 'x')));
}

TEST_CASE("a dialogue starts anew for the next attempt") {
  Dialogue dialogue(kSmtp);
  CHECK(dialogue.received("220 x\r\n"));
  dialogue.reset();
  CHECK(dialogue.want() == Want::kReceive);
  const std::vector<DialogueStep> none;
  CHECK(Dialogue(none).want() == Want::kNothing);
}

TEST_CASE("steps that cannot work are named") {
  CHECK(step_error({}) == "asks for nothing");
  CHECK(step_error({.expect = "("}).starts_with("expect: "));
  CHECK(step_error({.expect = "^a$", .send = "\\1"}).starts_with("send: "));
  CHECK(step_error({.expect = "^(a)$", .send = "\\1"}).empty());
  CHECK(step_error({.send = std::string(5000, 'x')}).starts_with("send: longer"));
}

}  // namespace
}  // namespace exporter
