// From paths to the files of one log.
#pragma once

#include <istream>
#include <string>
#include <vector>

#include "reports/training_logs/log_entry.h"
#include "reports/training_logs/log_names.h"

namespace flm {

/// What lies in a folder instead of it: event files, trainer_state.json of checkpoints. UserErrors:
/// a folder without either; W&B's and MLflow's own stores, with the remedy.
std::vector<std::string> log_files_of(const std::vector<std::string>& paths);

/// By its content, whatever it is called. `bytes` can seek.
LogFile read_log_stream(std::istream& bytes, const std::string& path, LogNames& names);

/// All of one format, or UserError.
std::vector<LogFile> read_log_files(const std::vector<std::string>& paths, LogNames& names);

}  // namespace flm
