// The views of a report: one row each in views.cc.
#pragma once

#include <string>
#include <vector>

#include "reports/report.h"
#include "reports/views/report_view.h"

namespace flm {

struct View {
  std::string name;  // --format
  std::string (*render)(const Report&, const ReportView&);
  std::string file;              // of the output folder; "": none
  bool takes_published = false;  // published figures may stand below it (published_rows.h)
};

const std::vector<View>& views();

/// Null for an unknown name.
const View* find_view(const std::string& name);

}  // namespace flm
