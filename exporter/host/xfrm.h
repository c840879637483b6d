// Errors of IPsec. P/net/xfrm_stat, the kernel's Documentation/networking/xfrm_proc.rst.
#pragma once

#include <string>
#include <string_view>

#include "exporter/host/table.h"

namespace exporter {

// "in_no_states" of XfrmInNoStates; empty for a name of another kind.
std::string xfrm_name(std::string_view name);

CollectorRow xfrm_row();

}  // namespace exporter
