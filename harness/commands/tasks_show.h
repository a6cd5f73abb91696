// `flmeval tasks show`: what a name of --tasks stands for.
#pragma once

#include <string>

#include "base/documents/json.h"
#include "harness/cli/options.h"

namespace flm {

/// {name, kind, file, description, tasks, documents, shots: [fewest, most], output_types, metrics,
/// builtin_sample, requests_of_first, problem}. `problem` says what lacks, data above all, with
/// what to type; all that needs them is missing then. UserError for an unknown name.
Json task_facts(const std::string& name, const Options& options);

/// The same for a reader, wrapped to the `columns` of a terminal; 0: none.
std::string task_page(const Json& facts, int columns);

}  // namespace flm
