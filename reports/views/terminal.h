// The report as a table for people: first what its figures are worth, then one line a metric. Signs
// and words carry it; colour only makes the warnings harder to miss.
#pragma once

#include <string>

#include "reports/report.h"

namespace flm {

struct Screen {
  int columns = 0;      // 0: any width
  bool all = false;     // the tasks below groups too, every figure and note
  bool colour = false;  // warnings inverse, the table's heading bold
};

/// Aligned by display width, also for Chinese, and within the screen's columns.
std::string render_terminal(const Report& report, const Screen& screen);

}  // namespace flm
