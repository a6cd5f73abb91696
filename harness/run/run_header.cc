#include "harness/run/run_header.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "base/system/files.h"
#include "harness/model/model_access.h"
#include "harness/terminal/short_numbers.h"
#include "reports/store/run_parts.h"
#include "reports/store/store_flag.h"

namespace flm {
namespace {

/// The model and what computes it.
std::string model_line(const StartedRun& run) {
  std::string out = "run " + run.record.id;
  if (!run.record.name.empty()) out += " (" + run.record.name + ")";
  if (!run.engine) return out + "  " + run.record.model;
  const EngineInfo& info = run.engine->info();
  out += "  " + last_part_of(run.record.model) + " (" + short_count(info.parameters) +
         " parameters, context " + std::to_string(info.max_length) + ")";
  out += "  " + info.device + " " + info.numerics.substr(info.numerics.rfind('/') + 1);
  if (info.device == "cpu")
    out += ", " + std::to_string(info.threads) + (info.threads == 1 ? " thread" : " threads");
  return out + "  weights " + run.record.weights_hash.substr(0, 8);
}

/// "48 items, 219.7 k tokens to compute of 220.4 k asked, about 0:49 if none is stored".
std::string cost_line(const StartedRun& run) {
  const Json cost = cost_part(run.record);
  const auto number = [&](const char* key) { return cost.value(key, std::int64_t{0}); };
  std::size_t items = 0;
  for (const PlannedTask& task : run.plan.tasks) items += task.items.size();
  std::string out =
      short_count(static_cast<std::int64_t>(items)) + (items == 1 ? " item" : " items");
  if (number("rows_unique") == 0) return out;
  out += ", " + short_count(number("rows_unique")) + " tokens to compute of " +
         short_count(number("tokens_submitted")) + " asked";
  const double seconds = cost.value("seconds_expected", 0.0);
  if (seconds >= 1) out += ", about " + short_time(seconds) + " if none is stored";
  return out;
}

/// Task files or folders of them alone, which bring their data; no name that a file may have, too.
bool are_files(const std::string& tasks) {
  std::istringstream list(tasks);
  bool all = !tasks.empty();
  for (std::string task; std::getline(list, task, ',');)
    all = all && (task.ends_with(".yaml") || task.find('/') != std::string::npos);
  return all;
}

std::string data_text(const Options& options) {
  const std::string root = data_root(options.task);
  if (!root.empty()) return root;
  return are_files(options.task.tasks)
             ? "what the task files name"
             : "built-in samples where there are, not the benchmarks (--data DIR)";
}

}  // namespace

std::string asked_line(const Options& options) {
  std::string out = "flmeval " FLM_VERSION ": ";
  if (!options.run.resume.empty()) return out + "going on with run " + options.run.resume;
  if (!options.run.again.empty())
    return out + "once more what run " + options.run.again + " was asked";
  out += (options.model.model.empty() ? "(no --model)" : options.model.model) + " on " +
         (options.task.tasks.empty() ? "(no --tasks)" : options.task.tasks);
  return out + "; data: " + data_text(options);
}

std::vector<std::string> run_header(const StartedRun& run) {
  const std::string words = run.record.id + store_flag(run.options.run.store);
  return {model_line(run), cost_line(run),
          "look from another shell: flmeval watch " + words + "   stop: Ctrl-C or SIGTERM"};
}

std::string go_on_text(const StartedRun& run) {
  return "go on with: flmeval run --resume " + run.record.id +
         store_flag_anywhere(run.options.run.store);
}

std::string write_again_text(const StartedRun& run, const std::string& flag) {
  const std::string state = run.record.status == "done" ? "the run is done and stored; write its "
                                                          "files elsewhere, nothing is computed"
                                                        : "what is done of the run is stored";
  return state + "; " + go_on_text(run) + " " + flag + (flag == "--export-code" ? " FILE" : " DIR");
}

}  // namespace flm
