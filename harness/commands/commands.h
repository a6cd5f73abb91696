// One function a subcommand. Each returns the exit code, prints data on stdout and notes through
// Progress.
#pragma once

#include "base/progress.h"
#include "harness/cli/options.h"

namespace flm {

int command_run(const Options& options, Progress& progress);
int command_score(const Options& options, Progress& progress);
int command_generate(const Options& options, Progress& progress);
int command_tokenize(const Options& options, Progress& progress);
int command_show(const Options& options, Progress& progress);
int command_plan(const Options& options, Progress& progress);
int command_tasks(const Options& options, Progress& progress);
int command_data(const Options& options, Progress& progress);
int command_model(const Options& options, Progress& progress);
int command_report(const Options& options, Progress& progress);
int command_judge(const Options& options, Progress& progress);
int command_doctor(const Options& options, Progress& progress);

}  // namespace flm
