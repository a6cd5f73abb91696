// The files of a run: those of the views, and samples_TASK.jsonl.
#pragma once

#include <string>

#include "reports/html/html_options.h"
#include "reports/report.h"
#include "reports/store/store.h"

namespace flm {

/// What of the prompts a logged sample holds.
enum class LogPrompts {
  kDefault,  // full for the first 3 documents of a task, hash for the rest
  kFull,
  kHash,
  kNone
};

/// Writes report.md, report.html, results.json (also as results_DATE.json) and samples_TASK.jsonl
/// into `folder` (made if missing), each atomically. The page holds samples where they are logged
/// at all, and their prompts unless `prompts` is asked to leave them out.
void write_outputs(Store& store, const Report& report, const std::string& folder, bool log_samples,
                   LogPrompts prompts, const HtmlOptions& html = {});

/// The same results and samples where lm-evaluation-harness's --output_path has them:
/// PATH/MODEL/results_DATE.json and samples_TASK_DATE.jsonl, MODEL and DATE written as there; of a
/// PATH.json PATH_DATE.json and the samples beside it. No file of another run is written over.
/// Returns the results file.
std::string write_lm_eval_outputs(Store& store, const Report& report, const std::string& path,
                                  bool log_samples, LogPrompts prompts);

/// results.json once more, under the name by which lm-evaluation-harness's readers look for it:
/// results_2026-11-24T20-30-13.json of a run that was `created` at 2026-11-24T20:30:13Z.
std::string dated_results_file(const std::string& created);

/// The name of a task's file of samples.
std::string samples_file(const std::string& task);

}  // namespace flm
