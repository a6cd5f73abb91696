// A comparison of runs over the items that they have in common: one struct, and every view and gate
// is a function of it. A is the reference; every difference is B - A.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace flm {

/// What can be said of a task in two runs. The definition or protocol changed: not comparable. Only
/// the data changed: partly, over the items in common.
enum class Comparability { kComparable, kPartly, kNotComparable, kOnlyInA, kOnlyInB };

/// "comparable", "partly", "not comparable", "only in a", "only in b".
std::string name_of(Comparability verdict);

/// What the test says of B, whichever way the metric points.
enum class Outcome { kNotTested, kNoDifference, kBetter, kWorse };

/// "not tested", "no difference seen", "better", "worse".
std::string name_of(Outcome outcome);

/// The first leaf of the protocol that differs, with the value of either run as JSON text ("" where
/// a value is too long to show or there is none).
struct ProtocolDifference {
  std::string name;  // num_fewshot, doc_to_text, prompts, ...
  std::string a, b;
};

/// One metric under one filter, over the items in common.
struct MetricComparison {
  std::string metric, filter;
  bool higher_is_better = true;
  bool main = false;   // the task's first metric (or the one asked for): the one that is judged
  bool first = false;  // of the task file, comparable or not: what a gate means by the task
  Comparability verdict = Comparability::kComparable;
  std::optional<ProtocolDifference> first_difference;  // where it is not comparable

  std::int64_t n = 0;                   // items
  std::optional<double> a, b;           // the value of either run; null: N/A (reason says why)
  std::optional<double> difference;     // B - A
  std::optional<double> low, high;      // its 95% interval
  std::optional<double> stderr_value;   // its standard error
  std::optional<double> df;             // of Student's t behind the interval; null: not t
  std::optional<double> low_b, high_b;  // 95% interval of B's value
  std::optional<double> p;              // raw, two-sided
  double least_p = 0;                   // that the test can give: few items have few sign patterns
  std::optional<double> p_adjusted;     // Holm's, or inside a group Benjamini and Hochberg's
  std::optional<double> detectable;     // alone, would be seen in 8 of 10 such runs; null: N/A
  /// Zeros and ones: items right in A alone, in B alone. Right is 1, or 0 where lower is better.
  std::optional<std::int64_t> only_a, only_b;
  std::int64_t clusters = 0;               // 0: items are independent
  std::string test, interval, adjustment;  // "mid-p McNemar", "Newcombe, paired", "Holm"
  Outcome outcome = Outcome::kNotTested;   // of p_adjusted at 0.05
  std::string reason;                      // why there is no figure or no test
  /// Of the flips, how many lie within what rounding can move: no margin of either run is wider
  /// than its numerics' error bound. Null: the margins or the bound are not known.
  std::optional<std::int64_t> flips_within_rounding;
  /// [pairs of the row] what each item alone says, as `a` and `b` point (aggregate.h's
  /// item_figure); NaN: nothing, as the metric is of all items together or the item is unscored.
  /// Empty for groups.
  std::vector<double> values_a, values_b;
  std::vector<std::size_t> unscored;  // pairs, ascending, without a value in one of the runs
  bool mean_of_items = false;         // `a` and `b` are the means of these values
};

/// An item in common, by its position among the run's items of the task (ItemTexts::text).
struct ItemPair {
  std::uint32_t a = 0, b = 0;
};

/// A task or a group in two runs.
struct ComparisonRow {
  std::string name, alias;
  int depth = 0;  // below groups
  bool is_group = false;
  bool pooled =
      false;  // a group with figures of its own: all tasks below it were asked for and compared
  bool inside = false;          // below such a group: to be looked at, not decided upon
  bool builtin_sample = false;  // a run scored the small sample that stands in for the data set
  Comparability verdict = Comparability::kComparable;
  std::optional<ProtocolDifference> first_difference;
  std::int64_t items_in_common = 0;
  std::array<std::int64_t, 2> only_in = {0, 0};  // items that the other run lacks
  /// Items of either run that were flagged (too long), and that failed; null: the record does not
  /// say.
  std::optional<std::array<std::int64_t, 2>> flagged = {}, failed = {};
  std::vector<std::string> notes;
  std::vector<MetricComparison> metrics;  // the main one first
  std::vector<ItemPair> pairs;            // [items in common]; empty for groups
  std::string target_delimiter = {};      // that the task file puts before a choice
  /// [pairs] log-likelihood of the right choice less the best wrong one's, NaN where there are no
  /// choices; empty where no item has any.
  std::vector<double> margins_a, margins_b;
};

/// One run against the reference.
struct Contrast {
  std::size_t other = 1;            // index into Comparison::runs
  std::vector<ComparisonRow> rows;  // groups before their children, in the reference's order
};

/// Three and more runs over the items that all have in common, for a row's main metric.
struct ManyRuns {
  std::string name, alias, metric, filter;
  int depth = 0;  // below groups
  bool is_group = false;
  std::int64_t n = 0;
  std::optional<double> q, p;  // Cochran's Q; null: not zeros and ones, clusters, or no test
  std::int64_t df = 0;
  struct Cell {
    std::size_t a = 0, b = 0;                         // indices of runs, a < b
    std::optional<double> difference, p, p_adjusted;  // b - a; Holm over the cells
    Outcome outcome = Outcome::kNotTested;            // of b against a
  };
  std::vector<Cell> cells;
};

/// Whether the metric has figures of both runs.
bool was_compared(const ComparisonRow& row, const MetricComparison& metric);

/// What a contrast decides about: tasks and groups that are not below a group with figures.
struct ComparedScope {
  std::int64_t tasks = 0, compared = 0, partly = 0;
  std::int64_t items = 0;  // in common, of those that were compared
};
ComparedScope scope_of(const Contrast& contrast);

/// Sets `inside` of rows that stand groups before their children.
void mark_inside(std::vector<ComparisonRow>& rows);

/// What a reader wants to see of one item of a run.
struct ItemText {
  std::int64_t doc_id = 0;
  std::string prompt;  // "" where only its hash was logged
  std::string target;
  std::vector<std::string> choices;     // continuations that were scored
  std::vector<double> log_likelihoods;  // [choices]
  std::vector<double> unconditional;    // [choices] without the prompt; empty where not asked for
  std::vector<std::string> answers;     // generated texts, as they came
  std::string extracted;                // what the filter made of them
  std::optional<std::size_t> gold;      // index of the right choice, where known
};

/// The texts of a run, read on demand: they are what is large.
class ItemTexts {
 public:
  virtual ~ItemTexts() = default;
  virtual std::vector<ItemText> texts(const std::string& task,
                                      const std::vector<std::size_t>& items) = 0;
  ItemText text(const std::string& task, std::size_t item) {
    return std::move(texts(task, {item}).front());
  }
};

struct ComparedRun {
  std::string letter;                  // A, B, ...
  std::string name;                    // what tells it from the others, short
  std::string model, date, origin;     // as recorded; origin: id in a store, or a folder
  std::string weights_hash, numerics;  // "" where the record does not say
  std::vector<std::string> notes;      // older results beside it, ...
  std::shared_ptr<ItemTexts> texts = {};
};

struct Comparison {
  std::vector<ComparedRun> runs;    // the reference first
  std::vector<Contrast> contrasts;  // one for each other run
  std::vector<ManyRuns> many;       // of three and more runs
  std::int64_t tests = 0;           // of Holm's family: the main metrics of top rows, all contrasts
  std::vector<std::string> warnings = {};  // built-in samples, a limit: above all figures
  std::vector<std::string> notes;          // numerics differ, ...
  bool anything_compared() const;
};

}  // namespace flm
