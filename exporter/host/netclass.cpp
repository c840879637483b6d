#include "exporter/host/netclass.h"

#include <algorithm>
#include <array>

#include "exporter/core/deadline_worker.h"
#include "exporter/host/netclass_output.h"
#include "exporter/host/options.h"

namespace exporter {
namespace {

// A change of a setting that nobody announces (a bond's speed say) shows after so long.
constexpr std::int64_t kLookAgainNs = 60'000'000'000;

constexpr CollectorOption kOptions[] = {
    {"netclass.ignored-devices", "^$", "interfaces to leave out"},
    {"netclass.ignore-invalid-speed", "false", "leave out speeds that are not known"},
    {"netclass.netlink", "false", "report other names of interfaces, too"},
};

class ReadLinkFiles final : public BlockingTask {
 public:
  struct Answer {
    std::int32_t index;
    std::string name;
    LinkFiles files;
  };

  explicit ReadLinkFiles(std::string directory) : directory_(std::move(directory)) {}

  std::vector<Answer> answers;  // the interfaces to read, while this is not busy

 private:
  void run() noexcept override {
    for (Answer& answer : answers) {
      read_link_files(directory_ + "/" + answer.name, buffer_, answer.files);
    }
  }

  const std::string directory_;
  ReadBuffer buffer_{4096};
};

class NetclassCollector final : public Collector {
 public:
  NetclassCollector(const HostContext& context, NetclassSettings settings)
      : settings_(std::move(settings)),
        patience_(context.patience),
        of_files_(make_netclass_of_files(context, settings_)),
        reading_(std::make_shared<ReadLinkFiles>(context.roots.sysfs + "/class/net")),
        tasks_{reading_} {
    // Netlink answers for this process' own network, which only the real sysfs shows, too.
    if (context.roots.sysfs == "/sys" && socket_.open()) use_netlink_ = true;
  }

  std::string_view name() const override { return "netclass"; }

  void prepare(const Scrape& scrape) override {
    if (!use_netlink_) return of_files_->prepare(scrape);
    const bool news = socket_.has_news();
    const bool look_again = !has_dump_ || scrape.now.mono_ns - dumped_at_ns_ >= kLookAgainNs;
    if (news || look_again || !dump_result_) dump(scrape, look_again);
    take_answers();
    ask();
  }

  Result<void> collect(const Scrape& scrape, SampleWriter& out) override {
    if (!use_netlink_) return of_files_->collect(scrape, out);
    if (asked_) {
      worker_.wait(patience_);
      take_answers();
    }
    write_links(links_, settings_, out);
    return dump_result_;
  }

  bool stale() const override { return use_netlink_ ? asked_ : of_files_->stale(); }

 private:
  void dump(const Scrape& scrape, bool look_again) {
    dump_result_ = socket_.dump(scrape.buffer, dumped_);
    if (!dump_result_) return;
    has_dump_ = true;
    if (look_again) dumped_at_ns_ = scrape.now.mono_ns;
    std::erase_if(dumped_,
                  [this](const NetworkLink& link) { return !settings_.devices.passes(link.name); });
    std::ranges::sort(dumped_, {}, &NetworkLink::name);
    std::vector<ReportedLink> before = std::move(links_);
    std::ranges::sort(before, {}, [](const ReportedLink& known) { return known.link.index; });
    links_.clear();
    for (NetworkLink& link : dumped_) {
      ReportedLink& reported = links_.emplace_back();
      const auto known = std::ranges::lower_bound(
          before, link.index, {}, [](const ReportedLink& other) { return other.link.index; });
      if (known != before.end() && known->link.index == link.index &&
          known->link.name == link.name) {
        const bool may_have_changed = look_again && known->files.speed_megabits.has_value();
        reported.wants_files = known->wants_files || may_have_changed || known->link != link;
        reported.files = std::move(known->files);
      }
      reported.link = std::move(link);
    }
  }

  void ask() {
    if (reading_->busy()) return;
    reading_->answers.clear();
    for (ReportedLink& reported : links_) {
      if (!reported.wants_files) continue;
      reported.wants_files = false;
      reading_->answers.push_back({reported.link.index, reported.link.name, {}});
    }
    if (reading_->answers.empty()) return;
    asked_ = true;
    worker_.start(tasks_);
  }

  void take_answers() {
    if (!asked_ || reading_->busy()) return;
    asked_ = false;
    auto& answers = reading_->answers;
    std::ranges::sort(answers, {}, &ReadLinkFiles::Answer::index);
    for (ReportedLink& reported : links_) {
      const auto answer =
          std::ranges::lower_bound(answers, reported.link.index, {}, &ReadLinkFiles::Answer::index);
      if (answer == answers.end() || answer->index != reported.link.index) continue;
      if (answer->name == reported.link.name) reported.files = std::move(answer->files);
    }
  }

  const NetclassSettings settings_;
  const std::chrono::milliseconds patience_;
  const std::unique_ptr<Collector> of_files_;
  bool use_netlink_ = false;

  LinkSocket socket_;
  bool has_dump_ = false;
  std::int64_t dumped_at_ns_ = 0;
  Result<void> dump_result_;
  std::vector<NetworkLink> dumped_;
  std::vector<ReportedLink> links_;

  const std::shared_ptr<ReadLinkFiles> reading_;
  const std::array<std::shared_ptr<BlockingTask>, 1> tasks_;
  bool asked_ = false;
  DeadlineWorker worker_;
};

Result<std::unique_ptr<Collector>> make(const HostContext& context) {
  NetclassSettings settings;
  auto devices = exclude_option(context, "netclass.ignored-devices");
  if (!devices) return std::unexpected(devices.error());
  settings.devices = std::move(*devices);
  const auto known_speed = flag_option(context, "netclass.ignore-invalid-speed");
  if (!known_speed) return std::unexpected(known_speed.error());
  settings.ignore_invalid_speed = *known_speed;
  const auto altnames = flag_option(context, "netclass.netlink");
  if (!altnames) return std::unexpected(altnames.error());
  settings.altnames = *altnames;
  return std::make_unique<NetclassCollector>(context, std::move(settings));
}

}  // namespace

CollectorRow netclass_row() {
  return {"netclass", true, "state of network interfaces (netlink, /sys/class/net)", kOptions,
          make};
}

}  // namespace exporter
