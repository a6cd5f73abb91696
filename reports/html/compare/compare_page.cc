#include "reports/html/compare/compare_page.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "reports/figures/figures.h"
#include "reports/figures/row_text.h"
#include "reports/html/compare/compare_scores.h"
#include "reports/html/elements.h"
#include "reports/html/escape.h"
#include "reports/html/page.h"
#include "reports/html/samples/sample_blocks.h"

namespace flm {
namespace {

std::string letters_of(const Comparison& comparison, const Contrast& contrast) {
  return comparison.runs.at(0).letter + comparison.runs.at(contrast.other).letter;
}

double at(const std::vector<double>& values, std::size_t i) {
  return i < values.size() ? values[i] : NAN;
}

/// Where an item was scored in both runs and has no value, its metric is of all items together.
SampleState listed_state(const MetricComparison& metric, std::size_t i,
                         const ListedSample& sample) {
  const SampleState of_values =
      state_of_pair(sample.value_a, sample.value_b, metric.higher_is_better);
  const bool scored = !std::binary_search(metric.unscored.begin(), metric.unscored.end(), i);
  return of_values == SampleState::kNoValue && scored ? SampleState::kTogether : of_values;
}

/// What one run of the chosen pairs has; empty where its texts are not known.
std::vector<ItemText> side_texts(ItemTexts* run, const ComparisonRow& row,
                                 const std::vector<std::size_t>& chosen,
                                 std::uint32_t ItemPair::*side) {
  if (!run) return std::vector<ItemText>(chosen.size());
  std::vector<std::size_t> items;
  for (std::size_t i : chosen) items.push_back(row.pairs[i].*side);
  return run->texts(row.name, items);
}

SampleGroup group_of(const Comparison& comparison, const Contrast& contrast,
                     const ComparisonRow& row, const MetricComparison& metric) {
  SampleGroup out;
  out.name = row.name + sample_suffix(comparison, contrast);
  out.metric = metric.metric;
  out.letters = letters_of(comparison, contrast);
  out.higher_is_better = metric.higher_is_better;
  for (std::size_t i = 0; i < row.pairs.size(); ++i) {
    ListedSample sample;
    sample.value_a = at(metric.values_a, i);
    sample.value_b = at(metric.values_b, i);
    sample.margin_a = at(row.margins_a, i);
    sample.margin_b = at(row.margins_b, i);
    sample.state = listed_state(metric, i, sample);
    out.samples.push_back(sample);
  }
  const auto a = comparison.runs.at(0).texts, b = comparison.runs.at(contrast.other).texts;
  out.texts = [a, b, &row](const std::vector<std::size_t>& chosen) {
    std::vector<SampleText> texts(chosen.size());
    std::vector<ItemText> of_a = side_texts(a.get(), row, chosen, &ItemPair::a);
    std::vector<ItemText> of_b = side_texts(b.get(), row, chosen, &ItemPair::b);
    for (std::size_t i = 0; i < texts.size(); ++i)
      texts[i] = {std::move(of_a[i]), std::move(of_b[i]), ""};
    return texts;
  };
  return out;
}

std::vector<SampleGroup> paired_samples(const Comparison& comparison) {
  std::vector<SampleGroup> out;
  for (const Contrast& contrast : comparison.contrasts) {
    std::set<std::string> seen;  // a task of two groups has two rows
    for (const ComparisonRow& row : contrast.rows) {
      const MetricComparison* metric = judged(row);
      if (metric && !row.pairs.empty() && seen.insert(row.name).second)
        out.push_back(group_of(comparison, contrast, row, *metric));
    }
  }
  return out;
}

std::string run_table(const Comparison& comparison) {
  const Columns columns = {{""},        {"name"},     {"model"}, {"date"},
                           {"weights"}, {"numerics"}, {"from"}};
  std::string lines;
  for (const ComparedRun& run : comparison.runs) {
    const std::string weights = run.weights_hash.substr(0, 12);
    lines += card_row(
        columns, {element("td", element("b", html_escaped(run.letter)), "letter"),
                  element("td", breakable(run.name)), element("td", breakable(run.model)),
                  element("td", html_escaped(run.date)),
                  element("td", weights.empty() ? "" : element("code", html_escaped(weights))),
                  element("td", html_escaped(run.numerics)), element("td", breakable(run.origin))});
  }
  return card_table(columns, element("tbody", "\n" + lines), "narrow");
}

std::string title_of(const Comparison& comparison) {
  std::string out;
  for (std::size_t i = 1; i < comparison.runs.size(); ++i)
    out += (i > 1 ? ", " : "") + comparison.runs[i].name;
  return out + " against " + comparison.runs.at(0).name;
}

std::vector<Badge> badges_of(const Comparison& comparison, const Contrast& contrast) {
  const ComparedScope scope = scope_of(contrast);
  const std::string prefix =
      comparison.contrasts.size() > 1 ? comparison.runs.at(contrast.other).letter + ": " : "";
  std::vector<Badge> out = {{scope.compared == scope.tasks ? Tone::kGood : Tone::kWarn,
                             prefix + "comparable: " + grouped(scope.compared) + " of " +
                                 grouped(scope.tasks) + (scope.tasks == 1 ? " task" : " tasks") +
                                 ", " + grouped(scope.items) +
                                 (scope.items == 1 ? " item" : " items")}};
  if (scope.partly > 0)
    out.push_back(
        {Tone::kWarn, prefix + grouped(scope.partly) + " over the items in common alone"});
  return out;
}

std::string head_of(const Comparison& comparison) {
  std::string verdicts;
  std::vector<Badge> all;
  for (const std::string& warning : comparison.warnings) all.push_back({Tone::kWarn, warning});
  for (const Contrast& contrast : comparison.contrasts) {
    verdicts += contrast_verdict(comparison, contrast);
    for (Badge& badge : badges_of(comparison, contrast)) all.push_back(std::move(badge));
  }
  all.push_back({Tone::kPlain, grouped(comparison.tests) +
                                   (comparison.tests == 1 ? " test" : " tests, Holm-adjusted") +
                                   " at 0.05"});
  return element("header", "\n" + element("p", "flmeval comparison", "kind") + "\n" +
                               element("h1", html_escaped(title_of(comparison))) + "\n" + verdicts +
                               badges(all) + run_table(comparison)) +
         "\n";
}

std::string notes_of(const Comparison& comparison) {
  std::string out;
  const auto add = [&](const std::string& note) {
    out += element("li", html_escaped(note)) + "\n";
  };
  for (const std::string& note : comparison.notes) add(note);
  for (const ComparedRun& run : comparison.runs)
    for (const std::string& note : run.notes) add(run.letter + ": " + note);
  for (const Contrast& contrast : comparison.contrasts)
    for (const ComparisonRow& row : contrast.rows)
      for (const std::string& note : row.notes) add(row_name(row) + ": " + note);
  return out.empty() ? "" : element("ul", "\n" + out) + "\n";
}

class ComparePage {
 public:
  explicit ComparePage(const Comparison& comparison) : comparison_(comparison) {}

  std::string render(const HtmlOptions& options) {
    const std::vector<SampleGroup> groups = paired_samples(comparison_);
    const bool linked = options.samples != HtmlSamples::kNone && !groups.empty();
    for (const Contrast& contrast : comparison_.contrasts) add_contrast(contrast, linked);
    add("pairs", "Every two runs", pair_matrices(comparison_));
    add("notes", "Notes", notes_of(comparison_));
    const std::string head = head_of(comparison_);
    const SampleBlocks blocks =
        sample_blocks(groups, options, sample_budget(head.size() + body_.size(), options.limit));
    if (blocks.total > 0) add_samples(blocks);
    return assemble_page(
        {title_of(comparison_) + " · flmeval",
         head + notice(blocks.left_out) + contents(links_) + "<main>\n" + body_ + "</main>\n",
         blocks.scripts});
  }

 private:
  void add(const std::string& id, const std::string& title, const std::string& html) {
    if (html.empty()) return;
    links_.push_back({id, title});
    body_ += section(id, title, html);
  }

  void add_contrast(const Contrast& contrast, bool linked) {
    const std::string& b = comparison_.runs.at(contrast.other).letter;
    const std::string against = b + " against " + comparison_.runs.at(0).letter;
    add("forest-" + b, against, forest_tables(comparison_, contrast, linked));
    add("left-" + b, "Not compared, or in part: " + against,
        not_compared_table(comparison_, contrast));
  }

  void add_samples(const SampleBlocks& blocks) {
    links_.push_back({"samples", "Samples"});
    body_ += samples_section(blocks.shown > 0, blocks.left_out);
  }

  const Comparison& comparison_;
  std::string body_;
  std::vector<std::pair<std::string, std::string>> links_;
};

}  // namespace

std::string render_compare_html(const Comparison& comparison, const HtmlOptions& options) {
  return ComparePage(comparison).render(options);
}

}  // namespace flm
