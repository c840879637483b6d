// Names and version of the machine, from uname(2).
#pragma once

#include "exporter/host/table.h"

namespace exporter {

CollectorRow uname_row();

}  // namespace exporter
