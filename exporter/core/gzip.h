// One text compressed at a time, for speed: with isa-l's level 1 where it was found when building
// (a third of libdeflate's cost for 3 % more bytes on a metrics page), else with libdeflate's level
// 1, which is still a ninth of zlib's default. Working memory is kept. One thread at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace exporter {

class Gzip {
 public:
  Gzip();
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;
  ~Gzip();

  // Replaces out with the gzip form (RFC 1952) of text.
  void compress(std::string_view text, std::string& out);

 private:
  struct Engine;  // what the library keeps
  std::unique_ptr<Engine> engine_;
};

}  // namespace exporter
