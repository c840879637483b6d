// What network drivers count and tell about their interfaces (exporter/host/ethtool_device.h), for
// the interfaces of S/class/net.
#pragma once

#include <string>
#include <string_view>

#include "exporter/host/table.h"

namespace exporter {

// The part of a family's name that stands for a statistic of a driver: "rx_bytes" is
// "received_bytes_total", "Tx-Queue[0] drops" is "transmitted_queue_0_drops".
std::string ethtool_metric_name(std::string_view statistic);

CollectorRow ethtool_row();

}  // namespace exporter
