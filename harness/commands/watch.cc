#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>

#include "base/errors.h"
#include "base/system/places.h"
#include "base/system/terminal_size.h"
#include "harness/commands/commands.h"
#include "harness/process/exit_code.h"
#include "harness/run/stored_run.h"
#include "harness/terminal/color.h"
#include "harness/terminal/jsonl.h"
#include "reports/report.h"
#include "reports/store/run_state.h"
#include "reports/views/terminal.h"

namespace flm {
namespace {

constexpr std::chrono::seconds kLook{1};

/// A series of checkpoints is what track looks at.
StoredRun watched_run(const std::string& operand, const std::string& store_path) {
  try {
    return open_stored_run(operand, store_path);
  } catch (const UserError&) {
    if (!is_folder(operand) || is_there(operand + "/run.json")) throw;
    throw UserError(
        "watch looks at a run; of the checkpoints of a training: flmeval track --series " +
        operand + " --tasks TASKS --watch (no run's folder, and no run of that name: " + operand +
        ")");
  }
}

/// Shows how far the run is until it is not computed any more.
void follow(const StoredRun& watched, Progress& progress) {
  Store& store = *watched.store;
  const std::string& id = watched.record.id;
  std::string told;
  for (;;) {
    const RunRecord run = store.find_run(id);
    const std::optional<HeartbeatRecord> heartbeat = store.heartbeat(id);
    if (computing_process(run, heartbeat).empty()) break;
    if (told.empty())
      progress.note(told = "run " + id + ": " + run_state_text(run, heartbeat) + "  " + run.model);
    if (heartbeat) progress.update(heartbeat->what, heartbeat->done, heartbeat->total);
    std::this_thread::sleep_for(kLook);
  }
  progress.update("", 0, 0);
}

}  // namespace

int command_watch(const Options& options, Progress& progress) {
  if (options.operands.size() > 1)
    throw UserError("watch takes one RUN (too much: " + options.operands[1] + ")");
  const std::string selector = options.operands.empty() ? kLatestRun : options.operands.front();
  const StoredRun watched = watched_run(selector, options.run.store);
  follow(watched, progress);
  const Report report =
      build_report(*watched.store, watched.record.id, kBootstrapIterations, &progress);
  if (options.json)
    print_line(report.results_json);
  else
    std::fputs(
        render_terminal(report, {terminal_columns(), options.all, wants_color(options.color)})
            .c_str(),
        stdout);
  return report.run.status == "done" ? kDone : kInterrupted;
}

}  // namespace flm
