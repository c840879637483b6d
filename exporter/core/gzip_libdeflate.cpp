#include <libdeflate.h>

#include <new>

#include "exporter/core/gzip.h"

namespace exporter {
namespace {

constexpr int kLevel = 1;

}  // namespace

struct Gzip::Engine {
  Engine() : compressor(libdeflate_alloc_compressor(kLevel)) {
    if (compressor == nullptr) throw std::bad_alloc();
  }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine() { libdeflate_free_compressor(compressor); }

  libdeflate_compressor* compressor;
};

Gzip::Gzip() : engine_(std::make_unique<Engine>()) {}

Gzip::~Gzip() = default;

void Gzip::compress(std::string_view text, std::string& out) {
  const std::size_t bound = libdeflate_gzip_compress_bound(engine_->compressor, text.size());
  out.resize_and_overwrite(bound, [&](char* data, std::size_t size) {
    return libdeflate_gzip_compress(engine_->compressor, text.data(), text.size(), data, size);
  });
}

}  // namespace exporter
