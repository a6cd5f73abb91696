// The parts of a sample's record that the store keeps as JSON. Each is what flmeval writes, or a
// UserError that names task, document, run and store.
#pragma once

#include "base/documents/json.h"
#include "reports/store/record.h"

namespace flm {

/// [[arg_0, arg_1], ...]: a list of lists; [] for "".
Json sample_arguments(const SampleRecord& sample);
/// A list; [] for "".
Json sample_responses(const SampleRecord& sample);
Json sample_filtered(const SampleRecord& sample);
/// Of arguments or responses, a list, those of the item's choices: acc_mutual_info asks for each
/// once more without the prompt, behind them.
Json of_choices(const SampleRecord& sample, Json requests);
/// Those behind them; [] where they are not asked for.
Json without_prompt(const SampleRecord& sample, Json requests);
/// Of generated code; [] for "".
Json sample_verdicts(const SampleRecord& sample);
/// The document; {} for "".
Json sample_doc(const SampleRecord& sample);

}  // namespace flm
