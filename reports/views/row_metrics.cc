#include "reports/views/row_metrics.h"

#include <algorithm>

#include "base/text/joined.h"

namespace flm {

std::vector<std::string> metric_lines(
    const std::vector<std::pair<std::string, std::string>>& rows) {
  std::vector<std::pair<std::string, std::vector<std::string>>> told;  // metric, names of rows
  for (const auto& [name, metric] : rows) {
    auto known = std::find_if(told.begin(), told.end(),
                              [&of = metric](const auto& t) { return t.first == of; });
    if (known == told.end()) known = told.insert(known, {metric, {}});
    known->second.push_back(name);
  }
  std::stable_sort(told.begin(), told.end(),
                   [](const auto& x, const auto& y) { return x.second.size() < y.second.size(); });
  std::vector<std::string> out;
  for (const auto& [metric, names] : told) {
    const bool last = out.size() + 1 == told.size() && names.size() > 1;
    const std::string of = !last ? joined(names, ", ") : told.size() == 1 ? "all" : "the others";
    out.push_back("metric of " + of + ": " + metric);
  }
  return out;
}

}  // namespace flm
