// A password or token: can be moved and handed to the library that sends it, but not printed,
// compared or serialised by accident. Wiped when it goes. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "exporter/core/error.h"

namespace alerts {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  ~Secret() { wipe(); }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept { take(other); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) take(other);
    return *this;
  }

  // Valid as long as this object. Only for the call that needs it.
  const char* reveal() const { return value_.c_str(); }

 private:
  void take(Secret& other) noexcept;
  void wipe() noexcept;

  std::string value_;
};

// The first line of a regular file of at most 4 KiB. kInvalid when everybody may read the file or
// it holds more than printable characters: what is sent as a header must not break it. Messages
// name the path and never the contents.
exporter::Result<Secret> read_secret(const std::string& path);

}  // namespace alerts
