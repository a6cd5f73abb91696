// One program, its two processes and its clock.
#pragma once

#include <string>

#include "tasks/sandbox/jail_command.h"
#include "tasks/sandbox/sandbox.h"

namespace flm {

/// What came back from the two processes, before it is judged.
struct RunTrace {
  std::string verdict;           // the tests' line, "" = none
  std::string output;            // of the candidate (and of a bubblewrap that failed)
  std::string complaints;        // stderr of the tests' process
  bool out_of_time = false;      // the wall clock's limit
  bool too_much_output = false;  // the limit on output
  int candidate_signal = 0;      // that ended the candidate's process, 0 = none
  int candidate_exit = 0;        // its exit code otherwise
  int checker_signal = 0;
  double seconds = 0;  // wall
};

/// Starts both, waits, and leaves no process behind.
RunTrace run_and_watch(const CodeProgram& program, const CodeLimits& limits,
                       const JailOptions& jail, const std::string& filter);

CodeOutcome judge(const RunTrace& trace, const CodeLimits& limits);

}  // namespace flm
