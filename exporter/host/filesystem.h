// Room on the mounted file systems: statfs(2) of every wanted mount, on a thread of its own, since
// a network mount whose server is gone never answers.
#pragma once

#include "exporter/host/table.h"

namespace exporter {

CollectorRow filesystem_row();

}  // namespace exporter
