#include "exporter/host/hardware.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "exporter/core/deadline_worker.h"
#include "exporter/core/scan.h"

namespace exporter {
namespace {

constexpr std::int64_t kLookAgainNs = 10'000'000'000;
// A reading that takes longer is given up; its old result is no longer shown.
constexpr std::int64_t kHungNs = 60'000'000'000;
// After a reading came late, so many scrapes do not wait for it.
constexpr int kImpatientScrapes = 20;

bool is_readable(const std::string& path) {
  return ::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) == 0;
}

// Discovers and reads; on one thread at a time.
class HardwareReading final : public BlockingTask {
 public:
  explicit HardwareReading(std::function<void(HardwarePlan&)> discover)
      : discover_(std::move(discover)), buffer_(8 * 1024) {}

  void run() noexcept override {
    if (plan_.empty() || plan_.changed(buffer_)) {
      plan_.clear();
      discover_(plan_);
    }
    samples.clear();
    errors.clear();
    plan_.read(buffer_, samples, errors);
    samples.finish();
  }

  bool found_nothing() const { return plan_.empty(); }

  SampleList samples;
  FileErrors errors;

 private:
  const std::function<void(HardwarePlan&)> discover_;
  HardwarePlan plan_;
  ReadBuffer buffer_;
};

class HardwareCollector final : public Collector {
 public:
  HardwareCollector(const HostContext& context, Hardware hardware)
      : hardware_(std::move(hardware)),
        patience_(context.patience),
        reading_(std::make_shared<HardwareReading>(hardware_.discover)),
        tasks_{reading_} {}

  std::string_view name() const override { return hardware_.name; }

  void prepare(const Scrape& scrape) override {
    look(scrape.now.mono_ns);
    if (!present_ || !hardware_.may_block || reading_->busy()) return;
    if (asked_) take();
    if (!present_) return;
    asked_ = true;
    asked_at_ns_ = scrape.now.mono_ns;
    worker_.start(tasks_);
  }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    stale_ = false;
    if (present_) {
      if (auto read = hardware_.may_block ? await(scrape.now.mono_ns) : read_here(); !read) {
        return read;
      }
    }
    if (present_) {
      shown_.write(out);
      return result_;
    }
    if (none_is_fine_) return {};
    return no_such_devices();
  }

  bool stale() const override { return stale_; }

 private:
  void look(std::int64_t now_ns) {
    if (present_ || (looked_ && now_ns - looked_at_ns_ < kLookAgainNs)) return;
    looked_ = true;
    looked_at_ns_ = now_ns;
    present_ = std::ranges::any_of(hardware_.places, is_there);
    none_is_fine_ = hardware_.no_device == NoDevice::kFine ||
                    (hardware_.no_device == NoDevice::kFineInPlace &&
                     std::ranges::any_of(hardware_.places, is_readable));
  }

  Result<void> read_here() {
    reading_->run();
    take();
    return {};
  }

  // Takes the result of this scrape's reading, or leaves the last complete one.
  Result<void> await(std::int64_t now_ns) {
    if (impatient_ > 0) {
      --impatient_;
    } else {
      worker_.wait(patience_);
    }
    if (asked_ && !reading_->busy()) {
      asked_ = false;
      take();
      return {};
    }
    if (impatient_ == 0) impatient_ = kImpatientScrapes;
    if (!has_result_ || now_ns - asked_at_ns_ > kHungNs) {
      return fail(ErrorKind::kUnavailable, hardware_.places.front() + ": no answer");
    }
    stale_ = true;
    return {};
  }

  void take() {
    has_result_ = true;
    present_ = !reading_->found_nothing();
    shown_.copy_samples(reading_->samples);
    result_ = reading_->errors.result();
  }

  const Hardware hardware_;
  const std::chrono::milliseconds patience_;
  bool looked_ = false;
  std::int64_t looked_at_ns_ = 0;
  bool present_ = false;
  bool none_is_fine_ = false;

  bool asked_ = false;  // and not taken yet
  std::int64_t asked_at_ns_ = 0;
  int impatient_ = 0;
  bool has_result_ = false;
  bool stale_ = false;
  SampleList shown_;
  Result<void> result_;

  const std::shared_ptr<HardwareReading> reading_;
  const std::array<std::shared_ptr<BlockingTask>, 1> tasks_;
  DeadlineWorker worker_;
};

}  // namespace

std::vector<std::string> HardwarePlan::list(const std::string& directory) {
  watches_.emplace_back(directory);
  return list_directory(directory);
}

void HardwarePlan::number(const Family& family, std::string path, Labels labels, Scale scale,
                          ParseNumber parse) {
  if (!is_readable(path)) return;
  Step& step = steps_.emplace_back();
  step.file = Attribute(std::move(path));
  step.family = &family;
  step.labels = std::move(labels);
  step.scale = scale;
  step.parse_number = parse;
}

void HardwarePlan::file(std::string path, ParseFile parse, FileShape shape) {
  if (!is_readable(path)) return;
  Step& step = steps_.emplace_back();
  step.file = Attribute(std::move(path), shape);
  step.parse_file = std::move(parse);
}

void HardwarePlan::lines(std::string path, ParseLines parse, FileShape shape) {
  ParseFile parse_file = [path, parse = std::move(parse)](std::string_view text, SampleList& out,
                                                          FileErrors& errors) {
    LineErrors lines;
    parse(text, out, lines);
    errors.add(path, lines);
  };
  file(std::move(path), std::move(parse_file), shape);
}

void HardwarePlan::step(ReadFiles read) { steps_.emplace_back().read_files = std::move(read); }

void HardwarePlan::constant(const Family& family, Number value, Labels labels) {
  Step& step = steps_.emplace_back();
  step.family = &family;
  step.value = value;
  step.labels = std::move(labels);
}

void HardwarePlan::info(const Family& family, std::vector<LabelSource> labels) {
  Step& step = steps_.emplace_back();
  step.family = &family;
  step.label_sources = std::move(labels);
}

void HardwarePlan::watch_text(const std::string& path) {
  watched_texts_.emplace_back(Attribute(path), read_text(path, kMaxListBytes));
}

bool HardwarePlan::changed(ReadBuffer& buffer) {
  bool changed = false;
  for (auto& [file, seen] : watched_texts_) {
    changed |= file.read(buffer).value_or("").substr(0, kMaxListBytes) != seen;
  }
  for (DirectoryWatch& watch : watches_) changed |= watch.changed();
  return changed;
}

void HardwarePlan::clear() {
  steps_.clear();
  watches_.clear();
  watched_texts_.clear();
}

void HardwarePlan::read_info(Step& step, ReadBuffer& buffer, SampleList& out) {
  std::array<std::string_view, Family::kMaxLabels> labels;
  std::size_t count = 0;
  for (LabelSource& source : step.label_sources) {
    if (!source.file_.path().empty()) {
      std::string_view text = source.file_.read(buffer).value_or("");
      if (text.starts_with(source.cut_prefix_)) text.remove_prefix(source.cut_prefix_.size());
      source.text_ = text.substr(0, kMaxValueBytes);
    }
    labels[count++] = source.text_;
  }
  out.add_labels(*step.family, 1, std::span(labels.data(), count));
}

void HardwarePlan::add(const Step& step, Number value, SampleList& out) {
  std::array<std::string_view, Family::kMaxLabels> labels;
  std::ranges::copy(step.labels, labels.begin());
  out.add_labels(*step.family, value, std::span(labels.data(), step.labels.size()));
}

void HardwarePlan::read(ReadBuffer& buffer, SampleList& out, FileErrors& errors) {
  for (Step& step : steps_) {
    if (step.read_files) {
      step.read_files(buffer, out, errors);
    } else if (!step.label_sources.empty()) {
      read_info(step, buffer, out);
    } else if (step.file.path().empty()) {
      add(step, step.value, out);
    } else if (const auto text = step.file.read(buffer); !text || text->empty()) {
      continue;
    } else if (step.parse_file) {
      step.parse_file(*text, out, errors);
    } else if (const auto number = step.parse_number(text->substr(0, kMaxValueBytes)); !number) {
      errors.add(step.file.path(), *text);
    } else if (!number->is_real() || !std::isnan(number->real())) {
      add(step, scaled(*number, step.scale), out);
    }
  }
}

std::unique_ptr<Collector> make_hardware_collector(const HostContext& context, Hardware hardware) {
  return std::make_unique<HardwareCollector>(context, std::move(hardware));
}

std::string read_text(const std::string& path, std::size_t max_bytes) {
  ReadBuffer buffer(4096);
  Attribute file(path);
  return std::string(file.read(buffer).value_or("").substr(0, max_bytes));
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (true) {
    const std::string_view word = next_word(text);
    if (word.empty()) return words;
    words.emplace_back(word);
  }
}

bool is_numbered(std::string_view name, std::string_view prefix) {
  return name.starts_with(prefix) && name.size() > prefix.size() &&
         name.find_first_not_of("0123456789", prefix.size()) == std::string_view::npos;
}

}  // namespace exporter
