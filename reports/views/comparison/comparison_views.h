// The views of a comparison: one row each in comparison_views.cc.
#pragma once

#include <string>
#include <vector>

#include "reports/comparison.h"
#include "reports/views/comparison/comparison_view.h"

namespace flm {

struct ComparisonFormat {
  std::string name;  // --format
  bool every_pair;   // it shows all pairs of many runs, the others with --all
  std::string (*render)(const Comparison&, const ComparisonView&);
};

const std::vector<ComparisonFormat>& comparison_views();

/// Null for an unknown name.
const ComparisonFormat* find_comparison_view(const std::string& name);

}  // namespace flm
