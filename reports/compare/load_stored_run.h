// A run from the store.
#pragma once

#include <memory>
#include <string>

#include "reports/compare/logs/logged_run.h"
#include "reports/store/store.h"

namespace flm {

/// It keeps the store open for the texts of its items.
LoggedRun load_stored_run(std::shared_ptr<Store> store, const std::string& run_id);

}  // namespace flm
