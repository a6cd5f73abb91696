// results.json: lm-evaluation-harness's keys from the records, ours under "flmeval".
#pragma once

#include <map>
#include <string>

#include "reports/report.h"
#include "reports/scores/group_scores.h"

namespace flm {

/// Two-space indented JSON. `results` and `groups` depend on the samples alone.
std::string make_results_json(const Report& report, const LeafScores& leaves,
                              const std::map<std::string, GroupScores>& groups,
                              int bootstrap_iterations);

/// A model's name as lm-evaluation-harness writes it into names of files: demo/nano is demo__nano.
std::string lm_eval_model_name(const std::string& model);

}  // namespace flm
