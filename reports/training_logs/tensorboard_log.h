// A TensorBoard event file as a log.
#pragma once

#include <istream>

#include "reports/training_logs/log_entry.h"
#include "reports/training_logs/log_names.h"

namespace flm {

/// Events of one step that follow each other are one entry. A restart mark goes by the step axis
/// alone, and so does not touch tags whose steps are samples. UserError for a damaged file.
LogFile read_event_file(std::istream& bytes, const std::string& path, LogNames& names);

}  // namespace flm
