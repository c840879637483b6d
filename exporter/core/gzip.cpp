#include "exporter/core/gzip.h"

#include <libdeflate.h>

#include <new>

namespace exporter {
namespace {

constexpr int kLevel = 1;

}  // namespace

Gzip::Gzip() : compressor_(libdeflate_alloc_compressor(kLevel)) {
  if (compressor_ == nullptr) throw std::bad_alloc();
}

Gzip::~Gzip() { libdeflate_free_compressor(compressor_); }

void Gzip::compress(std::string_view text, std::string& out) {
  const std::size_t bound = libdeflate_gzip_compress_bound(compressor_, text.size());
  out.resize_and_overwrite(bound, [&](char* data, std::size_t size) {
    return libdeflate_gzip_compress(compressor_, text.data(), text.size(), data, size);
  });
}

}  // namespace exporter
