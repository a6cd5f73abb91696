#include "harness/run/stored_run.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "harness/cli/command_line.h"
#include "reports/store/run_parts.h"

namespace flm {

StoredRun open_stored_run(const std::string& run, const std::string& store_path, RunUse use) {
  StoredRun stored;
  stored.store_path = store_path;
  std::string selector = run;
  if (std::filesystem::is_directory(run)) {
    const std::string marker = run + "/run.json";
    if (!std::filesystem::exists(marker))
      throw UserError("not a folder written by flmeval run --output: " + run);
    const Json json = read_json_file(marker);
    try {
      stored.store_path = json.at("store").get<std::string>();
      selector = json.at("run").get<std::string>();
    } catch (const Json::exception&) {
      throw UserError("it lacks \"run\" or \"store\", run flmeval again: " + marker);
    }
  }
  stored.store = Store::open_to_read(stored.store_path);
  stored.record = stored.store->find_run(selector);
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
