#include "exporter/core/pages.h"

#include <algorithm>
#include <array>

#include "exporter/core/openmetrics.h"

namespace exporter {
namespace {

constexpr std::size_t kSpareBuffers = 4;
constexpr std::size_t kSpareBytes = 1 << 20;  // larger ones go back to the system

}  // namespace

struct Pages::Flight {
  // The page in one format; those who need a text that is not there yet make it, once.
  struct Form {
    std::once_flag made_once;
    Text plain;
    std::once_flag compressed_once;
    Text compressed;
  };

  Selection selection;
  // One of them is there when it has landed: the text, or what the one who flew had it for alone.
  Text text;
  Text packed;
  std::once_flag unpacked_once;
  Text unpacked_text;
  std::array<Form, 2> forms;  // by PageFormat

  const Text& plain() {
    if (text) return text;
    std::call_once(unpacked_once, [this] {
      unpacked_text = std::make_shared<const std::string>(unpacked(*packed));
    });
    return unpacked_text;
  }
};

struct Pages::Pool {
  std::mutex lock;
  std::vector<std::unique_ptr<std::string>> spare;

  // An empty buffer that comes back into the pool by itself.
  static std::shared_ptr<std::string> take(const std::shared_ptr<Pool>& pool) {
    std::unique_ptr<std::string> buffer;
    {
      const std::lock_guard guard(pool->lock);
      if (!pool->spare.empty()) {
        buffer = std::move(pool->spare.back());
        pool->spare.pop_back();
      }
    }
    if (!buffer) buffer = std::make_unique<std::string>();
    buffer->clear();
    return {buffer.release(), [pool](std::string* used) {
              std::unique_ptr<std::string> back(used);
              const std::lock_guard guard(pool->lock);
              if (pool->spare.size() < kSpareBuffers && back->capacity() <= kSpareBytes) {
                pool->spare.push_back(std::move(back));
              }
            }};
  }
};

Pages::Pages(Registry& registry) : registry_(registry), pool_(std::make_shared<Pool>()) {}

Pages::~Pages() = default;

std::shared_ptr<Pages::Flight> Pages::join_or_start(const Selection& selection, bool& started) {
  const std::lock_guard guard(lock_);
  for (const auto& flight : flights_) {
    if (flight->selection == selection) {
      started = false;
      return flight;
    }
  }
  started = true;
  flights_.push_back(std::make_shared<Flight>());
  flights_.back()->selection = selection;
  return flights_.back();
}

Pages::Text Pages::fill(const Selection& selection) {
  const auto buffer = Pool::take(pool_);
  registry_.scrape(selection, *buffer);
  return buffer;
}

// The page never stands there as a whole.
Pages::Text Pages::fill_packed(const Selection& selection) {
  const auto buffer = Pool::take(pool_);
  const std::lock_guard guard(gzip_lock_);
  gzip_.begin(*buffer);
  registry_.scrape(selection,
                   [this](std::string_view piece, bool is_last) { gzip_.add(piece, is_last); });
  return buffer;
}

Pages::Text Pages::convert(const std::string& text) {
  const auto buffer = Pool::take(pool_);
  append_openmetrics(*buffer, text);
  return buffer;
}

Pages::Text Pages::compress(const std::string& plain) {
  const auto buffer = Pool::take(pool_);
  const std::lock_guard guard(gzip_lock_);
  gzip_.compress(plain, *buffer);
  return buffer;
}

Pages::Text Pages::get(const Selection& selection, PageFormat format, bool gzip) {
  bool started = false;
  const std::shared_ptr<Flight> flight = join_or_start(selection, started);
  if (started) {
    const bool packed = gzip && format == PageFormat::kText;
    Text page = packed ? fill_packed(selection) : fill(selection);
    const std::lock_guard guard(lock_);
    (packed ? flight->packed : flight->text) = std::move(page);
    std::erase(flights_, flight);
    landed_.notify_all();
  } else {
    std::unique_lock wait(lock_);
    ++waiting_;
    landed_.wait(wait, [&] { return flight->text != nullptr || flight->packed != nullptr; });
    --waiting_;
  }
  if (gzip && format == PageFormat::kText && flight->packed) return flight->packed;
  Flight::Form& form = flight->forms[static_cast<std::size_t>(format)];
  std::call_once(form.made_once, [&] {
    form.plain = format == PageFormat::kText ? flight->plain() : convert(*flight->plain());
  });
  if (!gzip) return form.plain;
  std::call_once(form.compressed_once, [&] { form.compressed = compress(*form.plain); });
  return form.compressed;
}

}  // namespace exporter
