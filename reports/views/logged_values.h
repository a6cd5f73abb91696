// What a line of samples_TASK.jsonl holds of a metric and of answers that are not there: what
// lm-evaluation-harness 0.4.13 logs, type by type (ConfigurableTask.process_results), where the
// store keeps what the aggregation needs.
#pragma once

#include <string>
#include <vector>

#include "base/documents/json.h"
#include "reports/store/record.h"

namespace flm {

/// The values of one task as they are logged.
class LoggedValues {
 public:
  explicit LoggedValues(const TaskRecord& task);

  /// A number, or a list of them; of bleu, chrf, chrf++ and ter the texts [reference, answer], of
  /// brier_score [gold, probabilities], of bypass null; whole numbers where they are there.
  Json of(const SampleRecord& sample, const std::string& metric,
          const std::vector<double>& values) const;

 private:
  Json texts(const SampleRecord& sample, const std::vector<double>& values) const;

  std::string output_type_;
  bool own_function_ = false;  // process_results of the task file, whose types nobody knows here
  bool has_choices_ = false;   // the reference is one of them, not the target
};

/// The metric of an item that has no score: null, or [null, null] where readers take the value
/// apart.
Json logged_gap(const std::string& metric);

/// In place of the answers to requests that have none ([[arg_0, arg_1], ...]), in the form of
/// answers: ["nan", null] is a log-likelihood that is not there, null a text.
Json blank_responses(const Json& arguments);
Json blank_filtered(const Json& arguments);

}  // namespace flm
