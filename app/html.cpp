#include "app/html.h"

#include "exporter/core/text.h"

namespace app {

void append_html(std::string& out, std::string_view text) {
  std::string clean;
  exporter::append_valid_utf8(clean, text);
  for (const char c : clean) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
}

}  // namespace app
