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
  Secret(Secret&& other) noexcept : value_(other.value_) { other.wipe(); }
  Secret& operator=(Secret&& other) noexcept;

  // Valid as long as this object. Only for the call that needs it.
  const char* reveal() const { return value_.c_str(); }

 private:
  void wipe();

  std::string value_;
};

// The first line of a regular file of at most 4 KiB. kInvalid when everybody may read the file or
// it holds more than printable characters: what is sent as a header must not break it. Messages
// name the path and never the contents.
exporter::Result<Secret> read_secret(const std::string& path);

}  // namespace alerts
