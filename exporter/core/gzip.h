// One text compressed at a time, whole or in pieces, for speed: isa-l's level 1 costs a third of
// libdeflate's and a thirteenth of zlib's default, for 3 % more bytes on a metrics page than
// libdeflate's. Working memory is kept. One thread at a time.
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

  // The same of a text that comes in pieces; out has to stay until the last. A text in one piece is
  // compressed where it stands, of others the library copies what later ones may point to.
  void begin(std::string& out);
  void add(std::string_view piece, bool is_last);

 private:
  struct Engine;  // what the library keeps

  std::unique_ptr<Engine> engine_;
  std::string* out_ = nullptr;
  std::size_t size_ = 0;  // of what is written to it
};

// The text of one whole gzip form; empty when it is none.
std::string unpacked(std::string_view gzip);

}  // namespace exporter
