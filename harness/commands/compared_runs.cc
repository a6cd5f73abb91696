#include "harness/commands/compared_runs.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/errors.h"
#include "base/system/files.h"
#include "base/system/places.h"
#include "base/text/joined.h"
#include "harness/run/stored_run.h"
#include "reports/compare/load_stored_run.h"
#include "reports/compare/logs/load_results.h"
#include "reports/store/series_step.h"
#include "tasks/scoring/translation_statistics.h"

namespace flm {
namespace {

bool has_results(const std::string& folder) {
  try {
    return !find_results(folder).empty();
  } catch (const UserError&) {
    return false;
  }
}

/// A folder of ours whose store is there is the stored run; copied elsewhere it is what was
/// written. A folder without results gives way to a run of its name.
bool is_stored(const std::string& operand, const std::string& store_path) {
  if (!is_folder(operand)) return true;
  if (!is_there(operand + "/run.json") && has_results(operand)) return false;
  try {
    open_stored_run(operand, store_path);
    return true;
  } catch (const UserError&) {
    return false;
  }
}

/// A run's name and a point of a series (run/step_*@100) may have a slash, as a folder has.
StoredRun stored_run(const std::string& operand, const std::string& store_path) {
  const bool may_be_a_folder = operand.find('/') != std::string::npos &&
                               !parse_series_step(operand) && !std::filesystem::exists(operand);
  try {
    return open_stored_run(operand, store_path);
  } catch (const UserError&) {
    if (!may_be_a_folder) throw;
    throw UserError("no such folder, and no run of that name in " + store_path +
                    "; see flmeval runs: " + operand);
  }
}

}  // namespace

std::vector<LoggedRun> open_compared_runs(const std::vector<std::string>& operands,
                                          const std::string& store_path) {
  std::vector<LoggedRun> runs;
  for (const std::string& operand : operands) {
    const std::size_t before = runs.size();
    if (is_stored(operand, store_path)) {
      StoredRun stored = stored_run(operand, store_path);
      runs.push_back(
          load_stored_run(std::shared_ptr<Store>(std::move(stored.store)), stored.record.id));
    } else {
      for (const ResultsFiles& files : find_results(operand))
        runs.push_back(load_results(files, translation_statistics));
    }
    for (std::size_t r = before; r < runs.size(); ++r) runs[r].given = operand;
  }
  return runs;
}

void put_reference_first(std::vector<LoggedRun>& runs, const std::string& reference) {
  if (reference.empty()) return;
  const auto is_meant = [&](const LoggedRun& run) {
    const std::string last = last_part_of(run.about.model);
    return reference == run.given || reference == run.about.name || reference == run.about.origin ||
           reference == run.about.model || reference == last;
  };
  auto found = std::find_if(runs.begin(), runs.end(), is_meant);
  if (found == runs.end() && reference.size() == 1 && reference[0] >= 'A' &&
      static_cast<std::size_t>(reference[0] - 'A') < runs.size())
    found = runs.begin() + (reference[0] - 'A');
  if (found == runs.end())
    throw UserError("--reference is none of the runs " +
                    joined(runs, ", ", [](const LoggedRun& run) { return run.about.origin; }) +
                    ": " + reference);
  std::rotate(runs.begin(), found, found + 1);
}

}  // namespace flm
