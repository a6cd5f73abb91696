// From the answers of a document to its values: filters and metrics.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tasks/items/rendered.h"
#include "tasks/scoring/filters.h"
#include "tasks/scoring/known_metrics.h"
#include "tasks/spec.h"

namespace flm {

/// The filters and metrics of one task. The spec outlives it.
class ItemScorer {
 public:
  /// `multiple_targets`: the target of the first document is a list, so that any of one counts.
  ItemScorer(const TaskSpec& spec, std::shared_ptr<const CodeJudge> judge, bool multiple_targets);

  std::vector<MetricInfo> metrics() const;
  bool runs_code() const;
  /// One score a filter; answers[i] belongs to item.requests[i].
  std::vector<ItemScore> score(const TaskItem& item, const PyValue& document, const Rendered& doc,
                               std::span<const RequestAnswer> answers) const;

 private:
  PyValue filtered(ItemScore& score, const Filter& filter, const TaskItem& item,
                   const PyValue& document, std::span<const RequestAnswer> answers) const;
  void add_values(ItemScore& score, const Rendered& doc, const PyValue& filtered,
                  std::span<const RequestAnswer> answers) const;
  std::vector<double> value(std::size_t metric, const Rendered& doc, const PyValue& filtered,
                            std::span<const RequestAnswer> answers) const;
  MetricValues values_of_code(ItemScore& score, const MetricSpec& metric, const PyValue& target,
                              const PyValue& filtered) const;
  static void count_choices(ItemScore& score, const Rendered& doc);
  ChoiceAnswers choices(const Rendered& doc, std::span<const RequestAnswer> answers) const;
  [[noreturn]] void does_not_fit(const MetricSpec& metric) const;

  const TaskSpec& spec_;
  std::shared_ptr<const CodeJudge> judge_;
  bool multiple_targets_;
  std::vector<Filter> filters_;
  std::vector<const KnownMetric*> known_;   // [metrics], null for names of the file's own functions
  std::vector<ExactMatch> exact_;           // [metrics]
  std::vector<const KnownMetric*> beside_;  // our own that the task file does not name
};

}  // namespace flm
