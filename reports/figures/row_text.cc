#include "reports/figures/row_text.h"

#include <set>

namespace flm {

std::string row_name(const ReportRow& row) {
  const bool alone = row.depth == 0 && !row.is_group;
  return alone || row.alias.empty() ? row.name : row.alias;
}

std::string row_shots(const Report& report, std::size_t index) {
  const int depth = report.rows[index].depth;
  std::set<int> shots;
  for (std::size_t i = index; i < report.rows.size(); ++i) {
    const ReportRow& row = report.rows[i];
    if (i > index && row.depth <= depth) break;
    if (!row.is_group) shots.insert(row.num_fewshot);
  }
  if (shots.empty()) return "";
  const std::string low = std::to_string(*shots.begin());
  return shots.size() == 1 ? low : low + "-" + std::to_string(*shots.rbegin());
}

}  // namespace flm
