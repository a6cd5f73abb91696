// Two executables in turn, A B B A, so that drift of the machine hits both alike.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/progress.h"
#include "bench/results/result_file.h"

namespace flm::bench {

struct InterleaveSettings {
  int rounds = 5;                      // of A B B A: two repetitions a side each
  std::vector<std::string> arguments;  // of `run`, for both
  /// For one side alone; of equal length, for where memory lies depends on the arguments too.
  std::vector<std::string> only_before, only_after;
};

/// A regular file that can be executed; a result file is none, whatever its mode.
bool is_executable(const std::string& path);

/// Results of both, a repetition for each time that an executable ran: flmeval-bench, or flmeval,
/// which is given the word `bench` first. UserError when a child cannot run.
std::pair<ResultFile, ResultFile> run_interleaved(const std::string& before,
                                                  const std::string& after,
                                                  const InterleaveSettings& settings,
                                                  Progress& progress);

}  // namespace flm::bench
