#include "reports/html/report/report_choices.h"

#include <algorithm>
#include <cmath>

#include "reports/figures/figures.h"
#include "reports/figures/row_text.h"
#include "reports/html/elements.h"
#include "reports/html/escape.h"
#include "reports/html/report/report_scores.h"
#include "reports/html/svg.h"

namespace flm {
namespace {

constexpr std::size_t kBins = 40, kMostPositions = 10;

std::vector<std::string> leaves_of(const Report& report, const std::string& row) {
  for (const GroupRecord& group : report.groups)
    if (group.name == row || row.ends_with("::" + group.name)) return group.leaves;
  return {row};
}

void add(std::vector<std::int64_t>& sum, const std::vector<std::int64_t>& part) {
  sum.resize(std::max(sum.size(), part.size()));
  for (std::size_t i = 0; i < part.size(); ++i) sum[i] += part[i];
}

ChoiceFacts pooled(const Report& report, const std::string& row,
                   const std::vector<ChoiceFacts>& choices) {
  const std::vector<std::string> leaves = leaves_of(report, row);
  ChoiceFacts out{row, {}, {}, {}};
  for (const ChoiceFacts& task : choices) {
    if (std::find(leaves.begin(), leaves.end(), task.task) == leaves.end()) continue;
    add(out.right, task.right);
    add(out.chosen, task.chosen);
    out.margins.insert(out.margins.end(), task.margins.begin(), task.margins.end());
  }
  return out;
}

std::string share_cell(std::int64_t count, double of) {
  return number_cell(std::to_string(count) + " (" +
                     fixed(100 * static_cast<double>(count) / of, 1) + "%)");
}

std::string positions_table(const ChoiceFacts& facts) {
  if (facts.right.size() > kMostPositions) return "";
  const auto items = static_cast<double>(facts.margins.size());
  std::string lines;
  for (std::size_t i = 0; i < facts.right.size(); ++i)
    lines += element("tr", name_cell(std::to_string(i + 1), 0) + share_cell(facts.right[i], items) +
                               share_cell(facts.chosen[i], items)) +
             "\n";
  const std::string head =
      "<thead><tr><th>choice</th><th class=\"number\">is right</th><th class=\"number\">is "
      "likeliest</th></tr></thead>";
  return "<table>" + head + element("tbody", "\n" + lines) + "</table>\n";
}

/// Ends that hold all but the outermost 1% on either side, which count in the first and last bin.
Scale margin_scale(std::vector<double> margins) {
  std::sort(margins.begin(), margins.end());
  const std::size_t cut = margins.size() / 100;
  const double far =
      std::max(std::fabs(margins[cut]), std::fabs(margins[margins.size() - 1 - cut]));
  return scale_over(-far, far);
}

/// The same bins for who cannot see the chart; `counts` as long as its bins.
std::string margin_table(const Scale& scale, const std::vector<std::int64_t>& counts) {
  const auto end_of = [&](std::size_t bin) {
    const double share = static_cast<double>(bin) / static_cast<double>(counts.size());
    return fixed(std::lerp(scale.low, scale.high, share), 2);
  };
  std::string lines;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const std::string range = i == 0                   ? "below " + end_of(1)
                              : i + 1 == counts.size() ? end_of(i) + " and above"
                                                       : end_of(i) + " to " + end_of(i + 1);
    lines += element("tr", name_cell(range, 0) + number_cell(std::to_string(counts[i]))) + "\n";
  }
  const std::string head =
      "<thead><tr><th>margin in nats</th><th class=\"number\">items</th></tr></thead>";
  return element("details", element("summary", "the margins as a table") + "\n<table>" + head +
                                element("tbody", "\n" + lines) + "</table>") +
         "\n";
}

std::string margin_chart(const std::string& name, const ChoiceFacts& facts) {
  const Scale scale = margin_scale(facts.margins);
  std::vector<std::int64_t> counts(kBins);
  for (double margin : facts.margins) {
    const double share = share_between(scale.low, scale.high, margin) * kBins;
    ++counts[static_cast<std::size_t>(std::clamp(share, 0.0, kBins - 1.0))];
  }
  const auto right = std::count_if(facts.margins.begin(), facts.margins.end(),
                                   [](double margin) { return margin > 0; });
  const std::string title =
      name + ": log-likelihood of the right choice less that of the best wrong one, " +
      std::to_string(right) + " of " + std::to_string(facts.margins.size()) + " above 0";
  return element("figure", histogram_svg(scale, counts, title) +
                               element("figcaption",
                                       "Margin in nats: right of the line the right choice is the "
                                       "likeliest (" +
                                           std::to_string(right) + " of " +
                                           std::to_string(facts.margins.size()) +
                                           "); the outermost bins hold what lies beyond.") +
                               margin_table(scale, counts)) +
         "\n";
}

}  // namespace

std::string choice_section(const Report& report, const std::vector<ChoiceFacts>& choices) {
  std::string out;
  for (const ReportRow* row : headline_rows(report)) {
    ChoiceFacts facts = pooled(report, row->name, choices);
    std::erase_if(facts.margins, [](double margin) { return !std::isfinite(margin); });
    if (facts.margins.empty()) continue;
    const std::string name = row_name(*row);
    out +=
        element("h3", html_escaped(name)) +
        element("div",
                "\n" + margin_chart(name, facts) + element("div", positions_table(facts), "wide"),
                "side-by-side") +
        "\n";
  }
  return out;
}

}  // namespace flm
