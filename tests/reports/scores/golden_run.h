// A stored run made from a recorded run of lm-evaluation-harness.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/documents/json.h"
#include "reports/report.h"
#include "tests/reports/goldens.h"

namespace flm {

/// NAME.results.json.
Json golden_results(const std::string& name);
/// Puts the documents of NAME.jsonl.gz into the store; returns the id of the run.
std::string store_golden_run(Store& store, const std::string& name);

}  // namespace flm
