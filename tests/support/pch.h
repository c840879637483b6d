// What nearly every test includes, compiled once per test program.

#include "tests/support/doctest.h"
#include "tools/pch/std.h"
