// The check that makes a broken property a finding.
#pragma once

#include <cstdlib>
#include <string_view>

#define FUZZ_CHECK(condition) \
  if (!(condition)) std::abort()
