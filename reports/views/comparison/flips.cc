#include "reports/views/comparison/flips.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>

#include "base/text/utf8.h"
#include "reports/figures/display_width.h"
#include "reports/figures/figures.h"
#include "reports/views/comparison/comparison_table.h"

namespace flm {
namespace {

std::optional<double> margin_at(const std::vector<double>& margins, std::size_t pair) {
  if (pair >= margins.size() || std::isnan(margins[pair])) return std::nullopt;
  return margins[pair];
}

/// Whether the metric calls each item right or wrong.
bool is_right_or_wrong(const MetricComparison& metric) {
  const auto told = [](double value) { return value == 0 || value == 1 || std::isnan(value); };
  return std::all_of(metric.values_a.begin(), metric.values_a.end(), told) &&
         std::all_of(metric.values_b.begin(), metric.values_b.end(), told);
}

void add_flips(const ComparisonRow& row, const MetricComparison& metric, std::vector<Flip>& out) {
  for (std::size_t i = 0; i < metric.values_a.size() && i < metric.values_b.size(); ++i) {
    const double a = metric.values_a[i], b = metric.values_b[i];
    if (std::isnan(a) || std::isnan(b) || a == b) continue;
    out.push_back({&row, &metric, i, (a > b) == metric.higher_is_better,
                   margin_at(row.margins_a, i), margin_at(row.margins_b, i)});
  }
}

/// How far the margin moved; nothing without margins.
double moved(const Flip& flip) {
  if (!flip.margin_a || !flip.margin_b) return -1;
  return std::fabs(*flip.margin_a - *flip.margin_b);
}

/// What the judged metric holds against each other; the log-likelihoods for other metrics.
std::vector<double> scores_of_choices(const ItemText& text, const Flip& flip) {
  const std::string& metric = flip.metric->metric;
  std::vector<double> out = text.log_likelihoods;
  const bool bytes = metric == "acc_bytes" || metric == "acc_norm_bytes";
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::string_view choice = text.choices[i];
    if (choice.starts_with(flip.row->target_delimiter))
      choice.remove_prefix(flip.row->target_delimiter.size());
    if (bytes) out[i] /= static_cast<double>(choice.size());
    if (metric == "acc_norm") out[i] /= static_cast<double>(utf8_length(choice));
    if (metric == "acc_mutual_info" && i < text.unconditional.size())
      out[i] -= text.unconditional[i];
  }
  return out;
}

/// What a run answered: the choice that the metric takes, or what it wrote. A right answer is the
/// right choice, and a wrong one another, whatever the last bits of a tie say.
std::string answer_of(const ItemText& text, const Flip& flip, bool right) {
  if (!text.choices.empty() && text.choices.size() == text.log_likelihoods.size()) {
    const bool known = text.gold && *text.gold < text.choices.size();
    if (known && right) return text.choices[*text.gold];
    std::vector<double> scores = scores_of_choices(text, flip);
    if (known && scores.size() > 1) scores[*text.gold] = -INFINITY;
    const auto best = std::max_element(scores.begin(), scores.end()) - scores.begin();
    return text.choices[static_cast<std::size_t>(best)];
  }
  if (!text.extracted.empty()) return text.extracted;
  return text.answers.empty() ? "" : text.answers.front();
}

std::string without_outer_spaces(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \n\t");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \n\t") - first + 1);
}

std::string shown(const std::string& text) { return terminal_safe(without_outer_spaces(text)); }

}  // namespace

std::vector<Flip> flips_of(const Contrast& contrast) {
  std::vector<Flip> out;
  std::set<std::string> seen;  // a task of two groups has two rows
  for (const ComparisonRow& row : contrast.rows) {
    if (row.is_group || !seen.insert(row.name).second) continue;
    for (const MetricComparison& metric : row.metrics)
      if (metric.main && was_compared(row, metric) && is_right_or_wrong(metric))
        add_flips(row, metric, out);
  }
  std::stable_sort(out.begin(), out.end(), [](const Flip& x, const Flip& y) {
    return x.lost != y.lost ? x.lost : moved(x) > moved(y);
  });
  return out;
}

FlipText describe(const Comparison& comparison, const Contrast& contrast, const Flip& flip) {
  FlipText out;
  out.task = shown_name(*flip.row);
  out.change = flip.lost ? "lost" : "won";
  if (flip.margin_a && flip.margin_b)
    out.margins = signed_text(*flip.margin_a, 2) + " to " + signed_text(*flip.margin_b, 2);
  const auto& a = comparison.runs.at(0).texts;
  const auto& b = comparison.runs.at(contrast.other).texts;
  if (!a || !b || flip.pair >= flip.row->pairs.size()) return out;
  const ItemPair& pair = flip.row->pairs[flip.pair];
  const ItemText text_a = a->text(flip.row->name, pair.a);
  const ItemText text_b = b->text(flip.row->name, pair.b);
  out.doc = std::to_string(text_a.doc_id);
  if (text_a.doc_id != text_b.doc_id) out.doc += " (" + std::to_string(text_b.doc_id) + ")";
  out.gold =
      shown(text_a.gold && *text_a.gold < text_a.choices.size() ? text_a.choices[*text_a.gold]
                                                                : text_a.target);
  out.a = shown(answer_of(text_a, flip, flip.lost));
  out.b = shown(answer_of(text_b, flip, !flip.lost));
  return out;
}

std::string count_text(const std::vector<Flip>& flips, std::size_t listed) {
  const auto lost = std::count_if(flips.begin(), flips.end(), [](const Flip& f) { return f.lost; });
  const auto all = static_cast<std::int64_t>(flips.size());
  return grouped(static_cast<std::int64_t>(std::min(listed, flips.size()))) + " of " +
         grouped(all) + (all == 1 ? " flip (" : " flips (") + grouped(lost) + " lost, " +
         grouped(all - lost) + " won)";
}

}  // namespace flm
