// A report: one struct made from the records, and views of it (terminal, Markdown, CSV, JSON).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reports/store/record.h"
#include "reports/store/store.h"

namespace flm {

struct GroupMetricRecord {
  std::string metric;
  std::vector<std::string> filters;  // empty: every filter
  bool weight_by_size = true;
};
/// Weights over the leaves of a bits-per-byte group; they need not sum to 1.
struct MixtureRecord {
  std::string name, source;
  std::vector<std::pair<std::string, double>> weights;
};
/// Group of the run, as put into RunRecord::groups_json by encode_groups().
struct GroupRecord {
  std::string name, alias, version_json;
  std::vector<std::string> children, leaves;
  std::vector<GroupMetricRecord> metrics;
  std::vector<MixtureRecord> mixtures = {};
};
std::string encode_groups(const std::vector<GroupRecord>& groups);
std::vector<GroupRecord> decode_groups(const std::string& json);

/// One figure with its uncertainty.
struct Score {
  std::string metric, filter;
  std::optional<double> value;         // null: N/A (reason says why)
  std::optional<double> stderr_value;  // as lm-evaluation-harness computes it; null: N/A
  std::optional<double> low,
      high;  // 95% interval (Wilson for proportions, ratio estimator for BPB, else normal)
  std::int64_t n = 0;
  bool higher_is_better = true;
  bool beside = false;  // ours, beside the task file's: in CSV and JSON, not in tables
  std::string reason;
  std::string interval;  // how low and high were made: Wilson, Clopper-Pearson, ...
};

struct ReportRow {
  std::string name, alias;
  int depth = 0;  // indentation below groups
  bool is_group = false;
  int num_fewshot = 0;
  std::int64_t n = 0, flagged = 0, failed = 0;
  std::vector<Score> scores;
};

struct Report {
  RunRecord run;
  std::vector<TaskRecord> tasks;
  std::vector<GroupRecord> groups;
  std::vector<ReportRow> rows;     // groups before their children, stable order
  std::vector<std::string> notes;  // built-in samples, flagged items, mixtures, ...
  std::string results_json;        // lm-evaluation-harness's keys, ours under "flmeval"
};

/// Everything that a view shows, a pure function of the records. UserError for an unknown id.
Report build_report(Store& store, const std::string& run_id);

std::string render_terminal(const Report& report,
                            int columns);  // aligned by display width, also for Chinese
std::string render_markdown(const Report& report);
std::string render_csv(const Report& report);

enum class LogPrompts {
  kDefault,
  kFull,
  kHash,
  kNone
};  // default: full for the first 3 of a task, hash for the rest
/// Writes report.md, results.json and samples_TASK.jsonl into `folder` (made if missing), each
/// atomically.
void write_outputs(Store& store, const Report& report, const std::string& folder, bool log_samples,
                   LogPrompts prompts);

}  // namespace flm
