// `flmeval run` with several models: a run for each, and one table with a column for each.
#pragma once

#include <string>
#include <vector>

#include "base/progress.h"
#include "harness/cli/options.h"

namespace flm {

/// What --model names, in order, each once: globs are looked up. UserError for one that matches
/// nothing.
std::vector<std::string> chosen_models(const std::vector<std::string>& typed);

/// The options with the one model that was chosen; unchanged where none was.
Options with_model(Options options, const std::vector<std::string>& models);

/// One that cannot be scored is told at the end, by a UserError, and the others are scored; a
/// signal ends all of them. --name and --output get the model's name: NAME@MODEL, FOLDER/MODEL.
/// UserError where two models have one name and --output is given.
int run_many_models(const Options& options, const std::vector<std::string>& models,
                    Progress& progress);

}  // namespace flm
