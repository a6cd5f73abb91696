// Which lines of a log belong to which attempt of the trainer, and which of them are still true.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reports/training_logs/log_entry.h"

namespace flm {

struct Attempts {
  TrainingBranch live;
  std::vector<TrainingBranch> lost;  // one an attempt that lost steps, in their order
  std::vector<std::int64_t> restarts;
  std::size_t repeated = 0;  // entries that said again what the live branch says
};

/// The files in the order in which they were written. An attempt ends where the step of the loss
/// falls or repeats with another value, and where the log says from which step it goes on, if what
/// follows fits that. Of the steps after that the earlier attempts' points are lost. The same step
/// with the same figures, within five seconds where the log has times, is a line that several
/// ranks print. Entries without a loss go to the point of their step.
/// UserError where two files were written at one time and say different things.
Attempts cut_attempts(std::vector<LogFile>& files);

/// Puts files into the order in which they were written: event files by name, trainer_state.json by
/// the last step, others by their first time, or, with a note, by their first step.
void order_files(std::vector<LogFile>& files, std::vector<std::string>& notes);

/// Leaves in each file the lines of one rank, with a note where several printed figures.
void keep_one_rank(std::vector<LogFile>& files, std::vector<std::string>& notes);

}  // namespace flm
