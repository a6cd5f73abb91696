// The views of a report: one row each in views.cc.
#pragma once

#include <string>
#include <vector>

#include "reports/report.h"

namespace flm {

struct View {
  std::string name;                                   // --format
  std::string (*render)(const Report&, int columns);  // columns: of the terminal
  std::string file;                                   // of the output folder; "": none
  bool takes_published = false;  // published figures may stand below it (published_rows.h)
};

const std::vector<View>& views();

/// Null for an unknown name.
const View* find_view(const std::string& name);

}  // namespace flm
