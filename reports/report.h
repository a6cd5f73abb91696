// A report: one struct made from the records; every view (reports/views/views.h) is a function of
// it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "reports/store/record.h"
#include "reports/store/store.h"

namespace flm {

/// One figure with its uncertainty.
struct Score {
  std::string metric, filter;
  std::optional<double> value;         // null: N/A (reason says why)
  std::optional<double> stderr_value;  // as lm-evaluation-harness computes it; null: N/A
  std::optional<double> low,
      high;  // 95% interval, within what the figure can be (estimate_interval.h)
  std::int64_t n = 0;
  bool higher_is_better = true;
  bool beside = false;  // ours, beside the task file's: in CSV and JSON, not in tables
  /// Of a score over generated answers of which the limit on new tokens ended some: the share of
  /// such items, the value if all of them were wrong (null: not defined for the metric), and the
  /// value over the others (null: there are none).
  std::optional<double> cut, if_cut_wrong, of_ended;
  std::string reason;
  std::string error_reason = {};   // of a value without a standard error: why, where it is known
  std::string interval;            // how low and high were made: Wilson, Clopper-Pearson, ...
  bool percent = false;            // its figures are in percent (figures/shown_figures.h)
  std::optional<int> digits = {};  // after the point; null: what the error supports
};

/// Among how many choices the answers of a row's items are, of those that were scored.
struct ChoiceCounts {
  std::int64_t fewest = 0, most = 0;  // 0: not known
  std::optional<double> chance;       // what guessing would score; null: not known
};

struct ReportRow {
  std::string name, alias;
  int depth = 0;  // indentation below groups
  bool is_group = false;
  int num_fewshot = 0;
  std::int64_t n = 0, flagged = 0, failed = 0;
  std::vector<Score> scores;
  ChoiceCounts choices = {};
};

struct Report {
  RunRecord run;
  std::vector<TaskRecord> tasks;
  std::vector<GroupRecord> groups;
  std::string state = "";                  // run_state_text() where it is not done
  std::vector<ReportRow> rows;             // groups before their children, stable order
  std::vector<std::string> warnings = {};  // built-in samples, a limit, not done: above all figures
  std::vector<std::string> notes;          // flagged items, mixtures, ...
  std::string store_flag = "";             // of commands that are named; "" = the default store
  std::string results_json;                // lm-evaluation-harness's keys, ours under "flmeval"
};

constexpr int kBootstrapIterations = 100'000;  // lm-evaluation-harness's default

/// Everything that a view shows, a pure function of the records. UserError for an unknown id.
/// `progress` hears of the bootstraps; null: nobody does.
Report build_report(Store& store, const std::string& run_id,
                    int bootstrap_iterations = kBootstrapIterations, Progress* progress = nullptr);

/// What a list of runs shows of one, much cheaper: the record without its JSON, state and warnings,
/// and the outermost rows with the values of build_report() and as many digits. Without
/// bootstrapped errors, and without intervals where a standard error tells the digits.
Report build_outline(Store& store, const RunRecord& run);

}  // namespace flm
