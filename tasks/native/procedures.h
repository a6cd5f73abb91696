// What the tasks of LongProc share: answers in tags, scored as a whole and by their beginning.
#pragma once

#include <optional>
#include <string>

#include "tasks/native/native_functions.h"

namespace flm {

/// What stands between <tag> and </tag>, stripped; nothing where either is missing.
std::optional<std::string> tagged_part(const std::string& text, const std::string& tag);

/// score and accuracy, partial_accuracy, extraction_rate.
MetricValues procedure_scores(double right, double partial, double extracted);

}  // namespace flm
