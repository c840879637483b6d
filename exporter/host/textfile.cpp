// The directories are read on threads of their own while the other collectors run; what they gave
// is merged again only when it, or what the other collectors have, has changed. Trouble with files
// is said in node_textfile_scrape_error and, when it changes, in the log: the collector itself has
// succeeded, as node_exporter's has.
#include "exporter/host/textfile.h"

#include <algorithm>

#include "exporter/core/log.h"
#include "exporter/host/options.h"
#include "exporter/host/textfile_reader.h"

namespace exporter {
namespace {

constexpr Family kMtime{"node_textfile_mtime_seconds",
                        "When a text file that was read without fault was last written, Unix time.",
                        MetricType::kGauge,
                        {"file"}};
constexpr Family kError{"node_textfile_scrape_error",
                        "1 when a text file or its directory could not be used as a whole."};

class TextfileCollector final : public Collector {
 public:
  TextfileCollector(const std::vector<std::string>& patterns, std::chrono::nanoseconds patience)
      : patience_(patience) {
    for (const std::string& pattern : patterns) {
      sources_.push_back(std::make_unique<Source>(std::make_shared<TextfileReader>(pattern)));
    }
  }

  std::string_view name() const override { return "textfile"; }
  bool runs_last() const override { return true; }
  bool stale() const override { return stale_; }

  void prepare(const Scrape&) override {
    for (const auto& source : sources_) {
      const std::shared_ptr<BlockingTask> task = source->reader;
      source->worker.start({&task, 1});
    }
  }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    stale_ = false;
    bool changed = false;
    for (const auto& source : sources_) changed |= take(*source);
    if (changed || versions(scrape) != merged_versions_) merge(scrape);

    for (const TextPage::Sample& sample : page_.samples) out.prepared(sample.head, sample.value);
    out.family(kMtime);
    for (const auto& file : files_) {
      if (file->error.empty()) out.add(file->mtime_seconds, file->path);
    }
    out.family(kError);
    out.add(complaints_.empty() ? 0 : 1);
    return {};
  }

 private:
  struct Source {
    explicit Source(std::shared_ptr<TextfileReader> its_reader) : reader(std::move(its_reader)) {}

    std::shared_ptr<TextfileReader> reader;
    DeadlineWorker worker;
    // Of the last run that ended.
    std::uint64_t version = 0;
    std::vector<std::shared_ptr<const TextFile>> files;
    std::vector<std::string> errors;
  };

  // True when the source has news.
  bool take(Source& source) {
    source.worker.wait_since_start(patience_);
    if (source.reader->busy()) {
      stale_ = true;
      if (source.version != 0 || !source.errors.empty()) return false;
      source.errors.push_back(source.reader->pattern() + ": no answer yet");
      return true;
    }
    if (source.version == source.reader->version()) return false;
    source.version = source.reader->version();
    source.files = source.reader->files();
    source.errors = source.reader->errors();
    return true;
  }

  static std::uint64_t versions(const Scrape& scrape) {
    std::uint64_t sum = 0;
    for (const SampleBlock* other : scrape.others) sum += other->version();
    return sum;
  }

  void merge(const Scrape& scrape) {
    files_.clear();
    std::vector<std::string> complaints;
    for (const auto& source : sources_) {
      files_.insert(files_.end(), source->files.begin(), source->files.end());
      complaints.insert(complaints.end(), source->errors.begin(), source->errors.end());
    }
    for (const auto& file : files_) {
      if (!file->error.empty()) complaints.push_back(file->error);
    }
    std::set<std::string, std::less<>> taken;
    for (const SampleBlock* other : scrape.others) other->add_family_names(taken);
    page_ = merge_text_files(files_, taken);
    complaints.insert(complaints.end(), page_.conflicts.begin(), page_.conflicts.end());
    for (const std::string& complaint : complaints) {
      if (std::ranges::find(complaints_, complaint) != complaints_.end()) continue;
      log(LogLevel::kError, "text file not used as a whole", {{"error", complaint}});
    }
    complaints_ = std::move(complaints);
    merged_versions_ = versions(scrape);
  }

  const std::chrono::nanoseconds patience_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<std::shared_ptr<const TextFile>> files_;
  TextPage page_;
  std::vector<std::string> complaints_;
  std::uint64_t merged_versions_ = 0;
  bool stale_ = false;
};

constexpr CollectorOption kOptions[] = {
    {"textfile.directory", "", "directory, or glob of directories, with *.prom files; repeatable",
     true},
};

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  return std::make_unique<TextfileCollector>(list_option(context, "textfile.directory"),
                                             context.patience);
}

}  // namespace

CollectorRow textfile_row() {
  return {"textfile", true, "metrics that scripts leave in *.prom files", kOptions, make};
}

}  // namespace exporter
