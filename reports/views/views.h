// The views of a report: one row each in views.cc.
#pragma once

#include <string>
#include <vector>

#include "reports/html/html_options.h"
#include "reports/report.h"
#include "reports/store/store.h"

namespace flm {

/// What a view may need beside the report.
struct ViewSettings {
  Store& store;         // where the report's records are: the page shows samples
  int columns = 0;      // of the terminal; 0: any width
  bool all = false;     // on the screen: what is below groups too
  bool colour = false;  // on the screen
  HtmlOptions html = {};
};

struct View {
  std::string name;  // --format
  std::string (*render)(const Report&, const ViewSettings& settings);
  std::string file;              // of the output folder; "": none
  bool takes_published = false;  // published figures may stand below it (published_rows.h)
  bool for_people = false;       // its figures may be in another style (figures/shown_figures.h)
  /// Several runs as one document; null: it shows one run alone.
  std::string (*several)(const std::vector<Report>&, const ViewSettings& settings) = nullptr;
};

const std::vector<View>& views();

/// Null for an unknown name.
const View* find_view(const std::string& name);

}  // namespace flm
