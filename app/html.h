// HTML written by hand: one escaping function, used for every text that is not a constant of ours.
#pragma once

#include <string>
#include <string_view>

namespace app {

// Appends text, valid UTF-8 and with the five special characters escaped: fit for element content
// and for quoted attribute values.
void append_html(std::string& out, std::string_view text);

}  // namespace app
