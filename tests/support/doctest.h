// The one way tests include doctest: Debian and the upstream build place the header differently.
#pragma once

#if __has_include(<doctest/doctest.h>)
#include <doctest/doctest.h>
#else
#include <doctest.h>
#endif
