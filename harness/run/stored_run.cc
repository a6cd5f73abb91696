#include "harness/run/stored_run.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "base/system/places.h"
#include "base/text/joined.h"
#include "harness/cli/command_line.h"
#include "reports/store/run_parts.h"

namespace flm {
namespace {

/// --output of several models has a folder for each.
void refuse_folder_of_runs(const std::string& folder) {
  std::vector<std::string> runs;
  std::error_code ignored;  // a folder that cannot be looked into holds none
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
    if (std::filesystem::exists(entry.path() / "run.json", ignored))
      runs.push_back(entry.path().string());
  if (runs.empty()) return;
  std::sort(runs.begin(), runs.end());
  throw UserError("the folder holds " + std::to_string(runs.size()) +
                  " runs, name one: " + first_few(runs, 6) + " (asked: " + folder + ")");
}

/// results_DATE.json in the folder or the folders in it, as lm-evaluation-harness writes them.
bool has_results_of_others(const std::string& folder) {
  std::error_code error;
  std::filesystem::recursive_directory_iterator at(folder, error);
  for (const std::filesystem::recursive_directory_iterator end; !error && at != end;
       at.increment(error)) {
    if (at.depth() > 0) at.disable_recursion_pending();
    const std::string name = at->path().filename().string();
    if (name.starts_with("results_") && name.ends_with(".json")) return true;
  }
  return false;
}

/// `folder` is what was typed, whose run.json may have named the run.
RunRecord find_run(StoredRun& stored, const std::string& selector, const std::string& folder) {
  try {
    stored.store = Store::open_to_read(stored.store_path);
    return stored.store->find_run(selector);
  } catch (const UserError&) {
    const bool lost = selector == folder || !std::filesystem::exists(stored.store_path);
    if (lost && std::filesystem::exists(folder + "/results.json"))
      throw UserError(
          "the store of this folder's run is not there: flmeval compare and flmeval gate read the "
          "folder without it, and its report.md holds the report; a store that lies elsewhere is "
          "named by --store, with the run's id or name: " +
          folder);
    if (!has_results_of_others(selector)) throw;
    throw UserError(
        "a folder of results that no run of a store goes with; flmeval compare reads it, and "
        "flmeval run --model replay:DIR scores its answers again: " +
        selector);
  }
}

}  // namespace

StoredRun open_stored_run(const std::string& run, const std::string& store_path, RunUse use) {
  StoredRun stored;
  stored.store_path = store_path;
  std::string selector = run;
  const std::string marker = run + "/run.json";
  const bool is_output = is_there(marker);
  if (!is_output) refuse_folder_of_runs(run);
  if (is_output) {
    stored.folder = run;
    const Json json = read_json_file(marker);
    try {
      stored.store_path = json.at("store").get<std::string>();
      selector = json.at("run").get<std::string>();
    } catch (const Json::exception&) {
      throw UserError("it lacks \"run\" or \"store\", run flmeval again: " + marker);
    }
  }
  stored.record = find_run(stored, selector, run);
  if (use == RunUse::kGoOn) stored.store = Store::open(stored.store_path);
  return stored;
}

std::string folder_of(const RunRecord& run) { return options_part(run).value("folder", ""); }

Options options_of(const RunRecord& run) {
  const Json stored = options_part(run);
  if (!stored.contains("arguments"))
    throw UserError("the store keeps no command line of this run; start a new one: " + run.id);
  return parse_stored_arguments(stored["arguments"].get<std::vector<std::string>>());
}

}  // namespace flm
