#include "reports/training_log.h"

#include "base/errors.h"
#include "reports/training_logs/assemble.h"
#include "reports/training_logs/log_names.h"
#include "reports/training_logs/read_files.h"

namespace flm {

TrainingLog read_training_log(const std::vector<std::string>& files, const std::string& loss_key) {
  FLM_CHECK(!files.empty(), "a log to read");
  LogNames names(loss_key);
  TrainingLog log = assemble_log(read_log_files(log_files_of(files), names), names);
  log.files = files;
  return log;
}

}  // namespace flm
