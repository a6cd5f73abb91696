#include "reports/views/chance.h"

#include <algorithm>
#include <map>

#include "base/text/joined.h"
#include "reports/figures/figures.h"
#include "reports/views/shown_rows.h"

namespace flm {
namespace {

const Score* accuracy_of(const ReportRow& row) {
  const auto found = std::find_if(row.scores.begin(), row.scores.end(),
                                  [](const Score& s) { return s.metric == "acc"; });
  return found == row.scores.end() ? nullptr : &*found;
}

std::string named(const ReportRow& row) {
  const bool mixed = row.choices.fewest != row.choices.most;
  return shown_name(row) + (mixed ? " (" + choices_text(row.choices) + " choices)" : "");
}

}  // namespace

std::string choices_text(const ChoiceCounts& choices) {
  if (choices.most == 0) return "";
  const std::string fewest = std::to_string(choices.fewest);
  return choices.fewest == choices.most ? fewest : fewest + " to " + std::to_string(choices.most);
}

std::string chance_line(const std::vector<const ReportRow*>& rows) {
  std::map<std::string, std::vector<std::string>> names;  // by chance, as it is printed
  std::vector<std::string> lost;
  for (const ReportRow* row : rows) {
    const Score* accuracy = accuracy_of(*row);
    if (!row->choices.chance || !accuracy) continue;
    const double chance = *row->choices.chance * (accuracy->percent ? 100 : 1);
    names[accuracy->percent ? fixed(chance, 1) + " %" : fixed(chance, 2)].push_back(named(*row));
    if (accuracy->low && *accuracy->low <= chance) lost.push_back(shown_name(*row));
  }
  std::string out;
  for (const auto& [chance, of] : names)
    out += (out.empty() ? "chance is " : ", ") + chance + " for " + enumerated(of);
  if (!lost.empty()) out += "; no better than chance here: " + enumerated(lost);
  return out;
}

std::string chance_line(const Report& report) {
  std::vector<const ReportRow*> rows;
  for (const ReportRow& row : report.rows)
    if (row.depth == 0) rows.push_back(&row);
  return chance_line(rows);
}

}  // namespace flm
