// Fibre Channel host adapters, S/class/fc_host (Documentation/scsi/scsi_fc_transport.rst).
#pragma once

#include "exporter/host/table.h"

namespace exporter {

CollectorRow fibrechannel_row();

}  // namespace exporter
