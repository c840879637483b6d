// Interrupts per line and CPU. P/interrupts, proc_interrupts(5).
#pragma once

#include <string>
#include <string_view>

#include "exporter/host/table.h"

namespace exporter {

// What stands behind the numbers, white space made single: of a numbered line the first word is the
// controller and the rest its devices, else all of it says what is counted.
struct InterruptDetails {
  std::string info;
  std::string devices;
};
InterruptDetails interrupt_details(std::string_view name, std::string_view rest);

CollectorRow interrupts_row();

}  // namespace exporter
