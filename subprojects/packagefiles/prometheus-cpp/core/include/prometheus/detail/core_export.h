// Written by CMake upstream; a static library exports nothing.
#pragma once
#define PROMETHEUS_CPP_CORE_EXPORT
