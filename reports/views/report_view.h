// What a reader asks of the views of a report.
#pragma once

namespace flm {

struct ReportView {
  int columns = 80;  // of the terminal; 0: no limit
  bool all = false;  // the tasks below groups, every figure and note
};

}  // namespace flm
