// Logs of JSON: a metrics.jsonl, a W&B history, trainer_state.json.
#pragma once

#include "reports/training_logs/log_entry.h"
#include "reports/training_logs/log_lines.h"
#include "reports/training_logs/log_names.h"

namespace flm {

/// One object a line. A line that was cut where a trainer died may be followed by the next one at
/// once; what was lost is noted. UserError where no line is an object with a step, and "PATH:line:"
/// where more than one line in a hundred is no JSON.
LogFile read_json_lines(LogLines& lines, LogNames& names);

/// A whole document: trainer_state.json, or an array of objects.
LogFile read_json_document(std::string_view text, const std::string& path, LogNames& names);

/// Whether the text begins with an object that ends on its line and is a line of figures.
bool is_json_line(std::string_view line);

}  // namespace flm
