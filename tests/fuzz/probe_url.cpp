// URLs of probes as a user or a redirecting server writes them.
#include <string_view>

#include "exporter/probes/url.h"
#include "tests/fuzz/fuzz.h"

void fuzz_probe_url(std::string_view input) {
  for (const bool allow_metadata : {false, true}) {
    const auto url = exporter::check_url(input, allow_metadata);
    if (!url) {
      FUZZ_CHECK(!url.error().message.empty());
      continue;
    }
    FUZZ_CHECK(!url->host.empty() && url->host.find_first_of("/@?# ") == std::string::npos);
    FUZZ_CHECK(url->port != 0);
    // What is sent is accepted again and means the same.
    const auto again = exporter::check_url(url->text, allow_metadata);
    FUZZ_CHECK(again && again->text == url->text && again->same_origin(*url));
  }
}
