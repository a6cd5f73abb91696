// The two ways to a LoggedRun.
#pragma once

#include <memory>
#include <string>

#include "reports/compare/logged_run.h"
#include "reports/compare/results_folder.h"
#include "reports/store/store.h"

namespace flm {

/// lm-evaluation-harness's (or our) results and samples. UserError names the file.
LoggedRun load_results(const ResultsFiles& files);

/// A run of a store, which it keeps open for the texts of its items.
LoggedRun load_stored_run(std::shared_ptr<Store> store, const std::string& run_id);

}  // namespace flm
