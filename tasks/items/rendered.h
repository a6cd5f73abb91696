// One document with its templates rendered, and what follows from it and its answers.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "tasks/python/value.h"
#include "tasks/scoring/known_metrics.h"
#include "tasks/spec.h"
#include "tasks/task.h"

namespace flm {

/// What a document's requests and its scoring need.
struct Rendered {
  PyValue text, target;
  /// The choices are contexts, the target follows each of them, the text is the right one's index.
  bool multiple_inputs = false;
  std::vector<std::string> choices;
  std::string gen_prefix;  // what the answer begins with
};

/// Whether a document's answer is one of several choices.
bool is_choice_task(const TaskSpec& spec);

/// Indices of the right choices, as lm-evaluation-harness finds them: -100 beyond the last and for
/// a text that is no choice, a negative index as it is. UserError for a list of anything else.
std::vector<std::int64_t> gold_choices(const Rendered& doc);

/// Those of them that are choices, in order, each once.
std::vector<std::size_t> right_choices(const Rendered& doc);

/// Why no choice of the document counts as right; "" where one does.
std::string why_never_right(const Rendered& doc);

/// Log-likelihoods and gold of a choice task; `token_means`: over the tokens of each text.
/// UserError for fewer answers than choices.
ChoiceAnswers choice_answers(const Rendered& doc, std::span<const RequestAnswer> answers,
                             bool token_means);

/// Length-normalised accuracies and values of the right answer, beside a choice task's own metrics.
std::vector<const KnownMetric*> metrics_beside(const TaskSpec& spec);

}  // namespace flm
