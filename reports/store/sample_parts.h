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
/// Whether its requests are those of choice_requests.h twice.
bool asks_twice(const SampleRecord& sample);
/// Of generated code; [] for "".
Json sample_verdicts(const SampleRecord& sample);
/// The document; {} for "".
Json sample_doc(const SampleRecord& sample);

}  // namespace flm
