// A log made in a test.
#pragma once

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "reports/training_logs/assemble.h"
#include "reports/training_logs/log_names.h"
#include "reports/training_logs/read_files.h"

namespace flm {

/// The log that the files of these contents are, named "log 1", "log 2", ...
inline TrainingLog log_of(const std::vector<std::string>& contents, const std::string& key = "") {
  LogNames names(key);
  std::vector<LogFile> files;
  for (const std::string& text : contents) {
    std::istringstream bytes(text);
    files.push_back(read_log_stream(bytes, "log " + std::to_string(files.size() + 1), names));
  }
  return assemble_log(std::move(files), names);
}

inline std::vector<std::int64_t> steps_of(const TrainingBranch& branch) {
  std::vector<std::int64_t> out;
  for (const TrainingPoint& point : branch.points)
    if (point.loss) out.push_back(point.step);
  return out;
}

inline std::vector<double> losses_of(const TrainingBranch& branch) {
  std::vector<double> out;
  for (const TrainingPoint& point : branch.points)
    if (point.loss) out.push_back(*point.loss);
  return out;
}

}  // namespace flm
