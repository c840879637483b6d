// systemd: states of its units, timers, sockets and services, over the system bus.
#pragma once

#include "exporter/host/table.h"

namespace exporter {

CollectorRow systemd_row();

}  // namespace exporter
