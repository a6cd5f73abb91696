// The files of a run become its log.
#pragma once

#include <string>
#include <vector>

#include "reports/training_log.h"
#include "reports/training_logs/log_entry.h"
#include "reports/training_logs/log_names.h"

namespace flm {

/// All of one format, at least one. UserErrors as read_training_log.
TrainingLog assemble_log(std::vector<LogFile> files, const LogNames& names);

}  // namespace flm
