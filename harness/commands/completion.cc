// flmeval completion, man and version: texts made from the table of commands, and the names that
// the scripts ask for.
#include "harness/cli/texts/completion.h"

#include <cstdio>

#include "base/errors.h"
#include "harness/cli/command_table.h"
#include "harness/cli/texts/man_page.h"
#include "harness/commands/commands.h"
#include "harness/process/exit_code.h"
#include "reports/store/store.h"
#include "tasks/task.h"

namespace flm {
namespace {

std::string task_names(const Options& options) {
  std::string out = "bpb\n";
  for (const KnownTask& task : known_tasks(options.task.include_path)) out += task.name + "\n";
  return out;
}

std::string run_names(const Options& options) {
  std::string out = std::string(kLatestRun) + "\n";
  for (const RunRecord& run : Store::open_to_read(options.run.store)->runs())
    out += run.id + "\n" + (run.name.empty() ? "" : run.name + "\n");
  return out;
}

}  // namespace

int command_completion(const Options& options, Progress&) {
  const std::string what = options.operands.empty() ? "" : options.operands[0];
  const std::vector<CommandEntry> table = command_table();
  std::string text;
  if (what == "bash")
    text = bash_completion(table);
  else if (what == "zsh")
    text = zsh_completion(table);
  else if (what == "fish")
    text = fish_completion(table);
  else if (what == "tasks")
    text = task_names(options);
  else if (what == "runs")
    text = run_names(options);
  else
    throw UserError("completion wants bash, zsh, fish, tasks or runs: " + what);
  std::fputs(text.c_str(), stdout);
  return kDone;
}

int command_version(const Options&, Progress&) {
  std::puts("flmeval " FLM_VERSION);
  return kDone;
}

int command_man(const Options&, Progress&) {
  std::fputs(man_page(command_table()).c_str(), stdout);
  return kDone;
}

}  // namespace flm
