// The files of lm-evaluation-harness's runs below a folder, and of a folder that ours wrote.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace flm {

/// One model's newest results and its samples.
struct ResultsFiles {
  std::string folder;
  std::string results;                                       // results_DATE.json or results.json
  std::vector<std::pair<std::string, std::string>> samples;  // task as the file names it, path
  std::vector<std::string> older;                            // results files that do not count
};

/// Every folder at or below `folder` with a results file is one run; in the order of paths.
/// UserError where there is none.
std::vector<ResultsFiles> find_results(const std::string& folder);

}  // namespace flm
