// Both formats in one pass over the lines:
//
//   # HELP http_requests_total Requests.         # HELP http_requests Requests.
//   # TYPE http_requests_total counter           # TYPE http_requests counter
//   http_requests_total{code="200"} 5            http_requests_total{code="200"} 5
//                                                # EOF
//
// A sample finds its family by its name, or by what is left of it without the ending that the
// family's type allows.
#include "exporter/host/exposition_text.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "exporter/core/scan.h"
#include "exporter/core/text.h"

namespace exporter {
namespace {

constexpr std::string_view kEof = "# EOF";

bool is_openmetrics(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  return text.ends_with(kEof) &&
         (text.size() == kEof.size() || text[text.size() - kEof.size() - 1] == '\n');
}

// An ending that samples of a type have, and where such a sample goes.
struct Ending {
  std::string_view text;
  enum : std::uint8_t { kFamily, kOwnGauge } goes_to = kFamily;
};

struct Type {
  std::string_view name;
  MetricType type;
  std::vector<Ending> endings;  // the longest first
  std::string_view added;       // to the family's name, for text format 0.0.4
  std::string_view bound;       // the label that samples with the first ending need
};

const std::vector<Type>& text_types() {
  static const std::vector<Type> kTypes{
      {"counter", MetricType::kCounter, {{""}}, "", ""},
      {"gauge", MetricType::kGauge, {{""}}, "", ""},
      {"untyped", MetricType::kUntyped, {{""}}, "", ""},
      {"histogram", MetricType::kHistogram, {{"_bucket"}, {"_count"}, {"_sum"}}, "", "le"},
      {"summary", MetricType::kSummary, {{""}, {"_count"}, {"_sum"}}, "", "quantile"},
  };
  return kTypes;
}

const std::vector<Type>& openmetrics_types() {
  constexpr Ending kCreated{"_created", Ending::kOwnGauge};
  static const std::vector<Type> kTypes{
      {"counter", MetricType::kCounter, {{"_total"}, kCreated}, "_total", ""},
      {"gauge", MetricType::kGauge, {{""}}, "", ""},
      {"unknown", MetricType::kUntyped, {{""}}, "", ""},
      {"info", MetricType::kGauge, {{"_info"}}, "_info", ""},
      {"stateset", MetricType::kGauge, {{""}}, "", ""},
      {"histogram",
       MetricType::kHistogram,
       {{"_bucket"}, {"_count"}, {"_sum"}, kCreated},
       "",
       "le"},
      {"gaugehistogram",
       MetricType::kGauge,
       {{"_bucket", Ending::kOwnGauge},
        {"_gcount", Ending::kOwnGauge},
        {"_gsum", Ending::kOwnGauge}},
       "",
       "le"},
      {"summary", MetricType::kSummary, {{""}, {"_count"}, {"_sum"}, kCreated}, "", "quantile"},
  };
  return kTypes;
}

class Parser {
 public:
  Parser(std::string_view text, std::size_t max_samples)
      : text_(text),
        openmetrics_(is_openmetrics(text)),
        types_(openmetrics_ ? openmetrics_types() : text_types()),
        samples_left_(max_samples) {}

  Result<std::vector<TextFamily>> parse() {
    if (!text_.empty() && !text_.ends_with('\n') && !openmetrics_) {
      return fail(ErrorKind::kParse, "the last line has no end");
    }
    std::string_view line;
    while (next_line(text_, line)) {
      ++line_number_;
      if (auto read = parse_line(line); !read) {
        return fail(ErrorKind::kParse,
                    "line " + std::to_string(line_number_) + ": " + read.error().message);
      }
    }
    return std::move(families_);
  }

 private:
  // A family as the text names it.
  struct Declared {
    std::string name;
    const Type* type = nullptr;  // null: nobody said
    std::optional<std::string> help;
    std::size_t samples = 0;
  };

  Result<void> parse_line(std::string_view line) {
    if (openmetrics_) {
      if (line == kEof) {
        if (text_.empty()) return {};
        return fail(ErrorKind::kParse, "there is something behind # EOF");
      }
      if (line.starts_with("# ")) return parse_meta(line.substr(2));
    } else {
      skip_blanks(line);
      if (line.empty()) return {};
      if (line[0] == '#') {
        line.remove_prefix(1);
        return parse_meta(line);
      }
    }
    return parse_sample(line);
  }

  Result<void> parse_meta(std::string_view line) {
    const std::string_view kind = next_word(line);
    const bool is_unit = openmetrics_ && kind == "UNIT";
    if (kind != "HELP" && kind != "TYPE" && !is_unit) {
      if (!openmetrics_) return {};  // any other comment
      return fail(ErrorKind::kParse, "neither HELP, TYPE nor UNIT");
    }
    skip_blanks(line);
    const std::string_view name = take_metric_name(line);
    if (name.empty() || (!line.empty() && line[0] != ' ' && line[0] != '\t')) {
      return fail(ErrorKind::kParse, "metric name expected behind " + std::string(kind));
    }
    if (!line.empty()) line.remove_prefix(1);
    Declared* declared = declare(name);
    if (declared == nullptr) return stands_apart(name);
    if (kind == "HELP") return set_help(*declared, line);
    if (kind == "TYPE") return set_type(*declared, trimmed_blanks(line));
    return {};
  }

  static std::string_view trimmed_blanks(std::string_view text) {
    skip_blanks(text);
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return text;
  }

  static std::unexpected<Error> stands_apart(std::string_view name) {
    return fail(ErrorKind::kParse, "the lines of " + std::string(name) + " do not stand together");
  }

  static Result<void> set_help(Declared& declared, std::string_view text) {
    if (declared.help) return fail(ErrorKind::kParse, "HELP of " + declared.name + " stands twice");
    auto help = unescaped(text, true);
    declared.help = help ? std::move(*help) : std::string(text);
    return {};
  }

  Result<void> set_type(Declared& declared, std::string_view name) {
    if (declared.type != nullptr) {
      return fail(ErrorKind::kParse, "TYPE of " + declared.name + " stands twice");
    }
    if (declared.samples > 0) {
      return fail(ErrorKind::kParse, "TYPE of " + declared.name + " stands behind its samples");
    }
    const auto type = std::ranges::find(types_, name, &Type::name);
    if (type == types_.end()) {
      return fail(ErrorKind::kParse, "unknown type '" + printable(name, 40) + "'");
    }
    declared.type = &*type;
    return {};
  }

  // The family of this name, new if need be; null when OpenMetrics has left it behind already.
  Declared* declare(std::string_view name) {
    const auto [at, is_new] = index_.try_emplace(std::string(name), declared_.size());
    if (is_new) {
      declared_.push_back({.name = std::string(name), .type = nullptr, .help = {}, .samples = 0});
    } else if (openmetrics_ && at->second + 1 != declared_.size()) {
      return nullptr;
    }
    return &declared_[at->second];
  }

  // The declared family that has samples of this name, and the ending they have there.
  std::pair<Declared*, const Ending*> find(std::string_view sample) {
    for (const std::string_view text :
         {"", "_total", "_created", "_info", "_bucket", "_count", "_sum", "_gcount", "_gsum"}) {
      if (!sample.ends_with(text)) continue;
      const auto at = index_.find(std::string(sample.substr(0, sample.size() - text.size())));
      if (at == index_.end()) continue;
      Declared& declared = declared_[at->second];
      if (declared.type == nullptr) {
        if (text.empty()) return {&declared, &kPlain};
        continue;
      }
      const auto ending = std::ranges::find(declared.type->endings, text, &Ending::text);
      if (ending == declared.type->endings.end()) continue;
      return {&declared, &*ending};
    }
    return {nullptr, nullptr};
  }

  Result<void> parse_sample(std::string_view line) {
    auto sample = parse_sample_line(line, openmetrics_);
    if (!sample) return std::unexpected(sample.error());
    if (samples_left_ == 0) return fail(ErrorKind::kParse, "too many samples");
    --samples_left_;
    auto [declared, ending] = find(sample->name);
    if (declared == nullptr) {
      const bool known = index_.contains(sample->name);
      declared = known ? nullptr : declare(sample->name);
      ending = &kPlain;
      if (declared == nullptr) {
        return fail(ErrorKind::kParse, "the type of " + sample->name + " does not allow its name");
      }
    } else if (openmetrics_ && declared != &declared_.back()) {
      return stands_apart(declared->name);
    }
    if (auto bound = check_bound(*declared, *ending, *sample); !bound) return bound;
    ++declared->samples;
    output(*declared, *ending, sample->name).samples.push_back(std::move(*sample));
    return {};
  }

  static Result<void> check_bound(const Declared& declared, const Ending& ending,
                                  SampleLine& sample) {
    if (declared.type == nullptr || declared.type->bound.empty() ||
        ending.text != declared.type->endings.front().text) {
      return {};
    }
    const auto label = std::ranges::find(sample.labels, declared.type->bound,
                                         [](auto& pair) { return pair.first; });
    auto bound = label == sample.labels.end() ? std::nullopt : canonical_bound(label->second);
    if (!bound) {
      return fail(ErrorKind::kParse,
                  sample.name + " needs a number as " + std::string(declared.type->bound));
    }
    label->second = std::move(*bound);
    return {};
  }

  TextFamily& output(const Declared& declared, const Ending& ending, const std::string& sample) {
    const bool own = ending.goes_to == Ending::kOwnGauge;
    std::string name = sample;
    if (!own) {
      name = declared.name;
      if (declared.type != nullptr) name += declared.type->added;
    }
    const auto [at, is_new] = outputs_.try_emplace(name, families_.size());
    if (is_new) {
      const MetricType type = own                        ? MetricType::kGauge
                              : declared.type == nullptr ? MetricType::kUntyped
                                                         : declared.type->type;
      families_.push_back(
          {.name = std::move(name), .help = declared.help, .type = type, .samples = {}});
    }
    return families_[at->second];
  }

  static constexpr Ending kPlain{""};

  std::string_view text_;
  const bool openmetrics_;
  const std::vector<Type>& types_;
  std::size_t samples_left_;
  std::size_t line_number_ = 0;
  std::vector<Declared> declared_;
  std::unordered_map<std::string, std::size_t> index_;  // into declared_, by name
  std::vector<TextFamily> families_;
  std::unordered_map<std::string, std::size_t> outputs_;  // into families_, by name
};

}  // namespace

Result<std::vector<TextFamily>> parse_exposition(std::string_view text, std::size_t max_samples) {
  return Parser(text, max_samples).parse();
}

}  // namespace exporter
