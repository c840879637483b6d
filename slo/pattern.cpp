#include "slo/pattern.h"

namespace slo {

bool like(std::string_view pattern, std::string_view text) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (text.size() < star || text.substr(0, star) != pattern.substr(0, star)) return false;
  const std::string_view rest = pattern.substr(star + 1);
  for (std::size_t at = star; at <= text.size(); ++at) {
    if (like(rest, text.substr(at))) return true;
  }
  return false;
}

bool matches(std::string_view pattern, std::string_view service, std::string_view name) {
  const std::size_t slash = pattern.find('/');
  if (slash == std::string_view::npos) return like(pattern, name) || like(pattern, service);
  return like(pattern.substr(0, slash), service) && like(pattern.substr(slash + 1), name);
}

}  // namespace slo
