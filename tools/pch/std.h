// What nearly every source includes, compiled once per target. Only a faster way to the same
// headers: each file still names what it uses, and tests/tree shows when one does not.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>
