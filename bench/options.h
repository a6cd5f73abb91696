// What the command line of `flmeval bench` holds.
#pragma once

#include <string>
#include <vector>

#include "bench/registry.h"
#include "bench/results/compare.h"
#include "bench/run.h"

namespace flm::bench {

struct BenchOptions {
  RowChoice choice;
  RunSettings run;
  std::string threads = "both";  // 1, all, both
  std::string ceilings_file;     // take the ceilings of this result file
  std::string output_folder;     // Markdown, JSON and roofline
  std::string result_file;       // JSON
  std::string slowdown;          // REGEX=PERCENT
  std::string before, after;     // of compare: result files or executables
  CompareSettings compare;
  int rounds = 5;
  std::vector<std::string> measuring;  // flags of compare that were typed and say how to measure
  double budget = -1;  // seconds of all rows; negative: kDefaultBudget for the default set
  bool strict = false, force = false, time_operations = false;
  bool json = false, quiet = false;
};

/// Row choice, sampler and injected slowdown, checked and resolved.
void resolve(BenchOptions& options, int all_threads);

}  // namespace flm::bench
