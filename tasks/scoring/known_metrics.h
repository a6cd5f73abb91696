// Every metric that a task file may name: one row says all of it. Aggregation is reports/'s.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tasks/python/value.h"
#include "tasks/scoring/choice_values.h"
#include "tasks/scoring/exact_match.h"
#include "tasks/spec.h"
#include "tasks/task.h"

namespace flm {

/// A generated text after its filter, beside what it is measured by.
struct GenerationAnswer {
  const PyValue& prediction;
  const PyValue& target;
  const std::vector<std::string>& choices;  // of a document that has some
  bool any_of_targets;                      // the target is a list, and any of it counts
  const MetricSpec& metric;
  const ExactMatch& exact;  // the metric's switches
};

/// The value functions give what the aggregation takes: mostly one number. A null one: the metric
/// does not fit that output type.
struct KnownMetric {
  std::string name, aggregation;
  bool higher_is_better = true;
  bool beside = false;       // ours: a multiple_choice task has it beside what its file names
  bool hf_evaluate = false;  // of generations only where the file says hf_evaluate: true
  bool of_texts = false;     // its value is of the whole corpus: an answer beside its reference
  std::optional<double> constant = {};  // the value of every document of every output type
  std::vector<double> (*choice)(const ChoiceAnswers&) = nullptr;  // multiple_choice
  std::vector<double> (*texts)(const ChoiceAnswers&) = nullptr;   // perplexity_choice
  std::vector<double> (*continuation)(const RequestAnswer&,
                                      const PyValue& target) = nullptr;  // loglikelihood
  std::vector<double> (*rolling)(const RequestAnswer&,
                                 const std::string& text) = nullptr;     // loglikelihood_rolling
  std::vector<double> (*generation)(const GenerationAnswer&) = nullptr;  // generate_until

  bool fits(const std::string& output_type) const;
};

const std::vector<KnownMetric>& known_metrics();
/// Null for a name that is not known.
const KnownMetric* find_metric(const std::string& name);

/// Aggregations that a task file may name.
std::vector<std::string> known_aggregations();

/// The text that an answer is measured by: the target, or of a document that has choices the one of
/// its number.
PyValue reference_text(const PyValue& target, const std::vector<std::string>& choices);

/// The value of a metric, for native functions. UserError where it does not fit.
std::vector<double> choice_value(const std::string& metric, const ChoiceAnswers& answers);
std::vector<double> rolling_value(const std::string& metric, const std::string& text,
                                  const RequestAnswer& answer);

}  // namespace flm
