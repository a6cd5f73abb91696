// One function a subcommand, and the table of them. Each returns the exit code, prints data on
// stdout and notes through Progress.
#pragma once

#include <string>
#include <vector>

#include "base/progress.h"
#include "harness/cli/options.h"

namespace flm {

using Command = int (*)(const Options&, Progress&);

/// Whether one process does what these words (argv without the program) ask, whatever started it:
/// help, versions, and commands that compute nothing with a model. Told by the words alone, so that
/// all processes of a job say the same; the flags of files are not read.
bool needs_one_process(const std::vector<std::string>& words);

/// By the name that is typed; InternalError for one that the parser knows and the table does not.
Command command_of(const std::string& name);

int command_run(const Options& options, Progress& progress);
int command_score(const Options& options, Progress& progress);
int command_generate(const Options& options, Progress& progress);
int command_tokenize(const Options& options, Progress& progress);
int command_show(const Options& options, Progress& progress);
int command_plan(const Options& options, Progress& progress);
int command_tasks(const Options& options, Progress& progress);
int command_data(const Options& options, Progress& progress);
int command_model(const Options& options, Progress& progress);
int command_compare(const Options& options, Progress& progress);
int command_runs(const Options& options, Progress& progress);
int command_report(const Options& options, Progress& progress);
int command_watch(const Options& options, Progress& progress);
int command_gate(const Options& options, Progress& progress);
int command_track(const Options& options, Progress& progress);
int command_completion(const Options& options, Progress& progress);
int command_man(const Options& options, Progress& progress);
int command_version(const Options& options, Progress& progress);
int command_judge(const Options& options, Progress& progress);
int command_doctor(const Options& options, Progress& progress);
/// Replaces this process by flmeval-bench, which lies beside it. UserError when it is not there.
int command_bench(const Options& options, Progress& progress);

}  // namespace flm
