// The internal time axis T in milliseconds, and its labels. Within a boot T advances with
// CLOCK_BOOTTIME; from one boot to the next by the difference of CLOCK_REALTIME, never backwards.
// Setting the wall clock therefore moves labels (UTC = T + correction of that boot), never a
// duration. T starts as the UTC milliseconds of the very first start. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "exporter/core/clock.h"
#include "slo/facts.h"

namespace slo {

// Turns T into UTC for people and back. Immutable and cheap to copy; the rows are ordered by
// t_start_ms. Without rows T is UTC.
class Labels {
 public:
  Labels() = default;
  explicit Labels(std::vector<BootRow> boots);

  std::int64_t utc_ms(std::int64_t t_ms) const;
  // The newest T that carries this label; inside a stretch that no label covers (the clock was
  // set forward between two boots) the start of the later boot.
  std::int64_t t_ms(std::int64_t utc_ms) const;

 private:
  std::shared_ptr<const std::vector<BootRow>> boots_;
};

// What the clocks did since the last look.
struct Tick {
  std::int64_t t_ms = 0;
  std::int64_t elapsed_ms = 0;    // growth of T
  std::int64_t suspended_ms = 0;  // how much of it the host slept
  std::int64_t step_ms = 0;       // the wall clock was set by this much, 0: it was not
  bool relabelled = false;        // boot() has a new correction, to be stored
};

class Timeline {
 public:
  // The very first start, or one whose history has no heartbeat: T is at least not_before_ms.
  Timeline(std::string boot_id, const exporter::Moment& now, std::int64_t not_before_ms = 0);
  // Goes on from the last heartbeat. In a new boot the gap is as long as the wall clock says, so
  // a caller whose clock is not yet synchronised after boot should wait (10 minutes at most): a
  // clock behind the heartbeat makes a gap of zero. The first advance() reports what happened
  // since the heartbeat: sleep and clock steps, when the boot is the same. In a new boot T is at
  // least not_before_ms, the newest fact of the history.
  Timeline(std::string boot_id, const exporter::Moment& now, const Heartbeat& last,
           std::vector<BootRow> boots, std::int64_t not_before_ms = 0);

  // A moment older than the last one changes nothing.
  Tick advance(const exporter::Moment& now);

  std::int64_t now_ms() const { return t_of_boot_ms(last_.boot_ns / 1'000'000); }
  std::int64_t at(std::int64_t boot_ns) const { return t_of_boot_ms(boot_ns / 1'000'000); }
  bool same_boot() const { return same_boot_; }  // as the heartbeat it was made from
  // When the kernel of this boot started, but not before the last heartbeat of the boot before.
  std::int64_t boot_start_ms() const;
  const BootRow& boot() const { return boots_.back(); }
  const Labels& labels() const { return labels_; }
  // The clocks as of the last advance(), to be completed by the caller.
  Heartbeat heartbeat() const;

 private:
  std::int64_t t_of_boot_ms(std::int64_t boot_ms) const { return boot_ms + offset_ms_; }

  std::vector<BootRow> boots_;  // never empty; the last one is this boot
  std::int64_t offset_ms_ = 0;  // T = CLOCK_BOOTTIME + offset
  std::int64_t floor_ms_ = 0;   // T of the last heartbeat of the boot before
  exporter::Moment last_;
  bool same_boot_ = false;
  Labels labels_;
};

}  // namespace slo
