// A run from results_DATE.json and samples_TASK_DATE.jsonl[.gz].
#pragma once

#include "reports/compare/logs/logged_run.h"
#include "reports/compare/logs/results_folder.h"
#include "reports/compare/logs/sample_line.h"

namespace flm {

/// lm-evaluation-harness's (or our) results and samples; `statistics` of its corpus metrics.
/// UserError names the file.
LoggedRun load_results(const ResultsFiles& files, const TextStatistics& statistics = {});

}  // namespace flm
