// flmeval runs: what the store holds.
#include <algorithm>
#include <cstdio>

#include "base/errors.h"
#include "base/system/terminal_size.h"
#include "harness/commands/commands.h"
#include "harness/process/exit_code.h"
#include "harness/run/stored_run.h"
#include "harness/terminal/jsonl.h"
#include "reports/views/run_list.h"

namespace flm {
namespace {

constexpr std::size_t kNewest = 20;  // runs that are listed unless all are asked for

/// "" in records of other programs.
std::string tasks_asked(const RunRecord& run) {
  try {
    return options_of(run).task.tasks;
  } catch (const UserError&) {
    return "";
  }
}

std::vector<RunRecord> chosen_runs(Store& store, const std::vector<std::string>& asked) {
  if (asked.empty()) return store.runs();
  std::vector<RunRecord> runs;
  for (const std::string& run : asked) runs.push_back(store.find_run(run));
  return runs;
}

}  // namespace

int command_runs(const Options& options, Progress& progress) {
  const auto store = Store::open_to_read(options.run.store);
  std::vector<RunRecord> records = chosen_runs(*store, options.operands);
  const std::size_t stored = records.size();
  if (!options.all && options.operands.empty() && stored > kNewest) records.resize(kNewest);
  std::vector<ListedRun> runs;
  int worst = kDone;  // a run that somebody changed is told, and the others are listed
  const auto all = static_cast<std::int64_t>(records.size());
  std::int64_t read = 0;
  for (RunRecord& record : records) {
    const int code = exit_code_of([&] {
      runs.push_back({build_outline(*store, record), tasks_asked(record)});
      return kDone;
    });
    worst = std::max(worst, code);
    record = {};  // its texts are long, and the list shows none of them
    progress.update("runs", ++read, all);
  }
  progress.update("runs", all, 0);
  if (options.json) {
    print_line(run_list_json(runs));
  } else {
    std::fputs(render_run_list(runs, terminal_columns()).c_str(), stdout);
  }
  if (records.empty()) progress.note("no runs in " + options.run.store);
  if (records.size() < stored)
    progress.note(std::to_string(stored - records.size()) + " older: flmeval runs --all");
  return worst;
}

}  // namespace flm
