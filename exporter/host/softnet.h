// What the network stack's receive path counts per CPU. P/net/softnet_stat (softnet_seq_show of the
// kernel's net/core/net-procfs.c).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "exporter/core/line_errors.h"
#include "exporter/host/table.h"

namespace exporter {

struct SoftnetCpu {
  static constexpr std::size_t kColumns = 13;

  std::uint64_t cpu = 0;
  std::size_t columns = 0;  // that this kernel has, at least 9
  std::array<std::uint64_t, kColumns> values{};
};

void parse_softnet(std::string_view text, std::vector<SoftnetCpu>& cpus, LineErrors& errors);

CollectorRow softnet_row();

}  // namespace exporter
