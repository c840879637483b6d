// State and settings of network interfaces. Where the interfaces are those of this process, they
// are asked for by netlink when something changed, and once a minute; what only S/class/net has
// (Documentation/ABI/testing/sysfs-class-net) is read at the same occasions, on another thread, as
// its files may wait for a lock of all networking. Elsewhere S/class/net is read whole.
#pragma once

#include "exporter/host/table.h"

namespace exporter {

CollectorRow netclass_row();

}  // namespace exporter
