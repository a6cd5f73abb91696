// What a reader asks of the views of a comparison.
#pragma once

#include <optional>

#include "reports/html/html_options.h"

namespace flm {

struct ComparisonView {
  int columns = 80;               // of the terminal; 0: no limit
  bool all = false;               // what is below groups, every metric, the pairs of all runs
  bool raw = false;               // p before it was adjusted, beside the adjusted one
  std::optional<int> flips = {};  // how many to list; null: the view's own choice
  HtmlOptions html = {};          // samples of the page
};

}  // namespace flm
