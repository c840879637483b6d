// Loading the configuration anew, on SIGHUP and POST /-/reload. Everything is read and checked
// before anything changes; a bad file changes nothing but a metric, a log line and a notice on the
// page.
#pragma once

#include <mutex>
#include <string>

#include "app/judging.h"
#include "app/own_series.h"

namespace app {

class Reload {
 public:
  // All outlive this.
  Reload(std::string file, Judging& judging, OwnSeries& own);

  // Empty when it worked, else what is wrong, in one line. Any thread; one at a time.
  std::string run();

  // Of the newest run. Any thread.
  std::string error() const;

 private:
  std::string load_and_apply();
  void succeeded();

  const std::string file_;
  Judging& judging_;
  OwnSeries& own_;
  std::mutex one_at_a_time_;
  mutable std::mutex lock_;
  std::string error_;  // under lock_
};

}  // namespace app
