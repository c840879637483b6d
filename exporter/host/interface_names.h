// Names of interfaces by their numbers. They are asked for one by one and kept until the kernel
// tells of a change (rtnetlink(7), RTMGRP_LINK): on a machine of hundreds of interfaces that saves
// as many system calls in each scrape. One thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "exporter/core/kernel_file.h"

namespace exporter {

class InterfaceNames {
 public:
  // Before names are asked for: forgets them when an interface has come, gone or changed since.
  void update();

  // At most 15 bytes; empty when there is no such interface (any more). socket: any that is open,
  // of this process' network. Valid until update().
  const std::string& of(std::uint32_t index, int socket);

 private:
  FileDescriptor changes_;  // closed: nobody tells, so nothing is kept
  std::unordered_map<std::uint32_t, std::string> names_;
};

}  // namespace exporter
