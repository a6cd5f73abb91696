#include "reports/store/run_state.h"

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/process.h"

namespace flm {
namespace {

/// As the run's environment names it; "" in records of older programs.
std::string process_of(const RunRecord& run) {
  if (run.environment_json.empty()) return "";
  const Json environment = parse_json(run.environment_json, "environment in the store");
  if (!environment.is_object() || !environment.contains("process")) return "";
  const Json& process = environment["process"];
  return process.is_string() ? process.get<std::string>() : "";
}

}  // namespace

std::string run_state(const RunRecord& run) {
  if (run.status != "running") return run.status;
  return state_of_process(process_of(run)) == ProcessState::kGone ? "interrupted" : run.status;
}

std::string computing_process(const RunRecord& run) {
  if (run.status != "running") return "";
  const std::string process = process_of(run);
  return state_of_process(process) == ProcessState::kAlive ? process : "";
}

}  // namespace flm
