// The stored runs, one line each.
#pragma once

#include <string>
#include <vector>

#include "reports/report.h"

namespace flm {

struct ListedRun {
  Report report;      // an outline (build_outline) will do
  std::string tasks;  // as asked
};

/// Newest first as given. The first column is the end of the id, which the commands take, as they
/// do the name: where it would not fit, fewer scores stand beside it. A figure that is no result of
/// the whole official sets has a *, and a line below says so.
std::string render_run_list(const std::vector<ListedRun>& runs, int columns);

/// An array of {id, name, created, state, model, weights, tasks, warnings, scores: {name: {metric:
/// value}}}.
std::string run_list_json(const std::vector<ListedRun>& runs);

}  // namespace flm
