#include <cstdio>

#include "base/errors.h"
#include "base/system/terminal_size.h"
#include "harness/commands/commands.h"
#include "harness/commands/compared_runs.h"
#include "harness/process/exit_code.h"
#include "reports/compare/compare_runs.h"
#include "reports/views/comparison/comparison_views.h"

namespace flm {

int command_compare(const Options& options, Progress&) {
  if (options.operands.empty())
    throw UserError(
        "compare wants two RUNs or more: ids, names, or folders of flmeval or "
        "lm-evaluation-harness");
  std::vector<LoggedRun> runs = open_compared_runs(options.operands, options.run.store);
  put_reference_first(runs, options.comparison.reference);
  const CompareFlags& flags = options.comparison;
  const ComparisonFormat& format = *find_comparison_view(options.json ? "json" : flags.format);
  CompareOptions compared{flags.tasks, flags.metric};
  compared.every_pair = format.every_pair || flags.all;
  const Comparison comparison = compare_runs(std::move(runs), compared);
  const ComparisonView view{terminal_columns(), flags.all, flags.raw, flags.flips,
                            html_options(options.run.html_samples)};
  std::fputs(format.render(comparison, view).c_str(), stdout);
  return comparison.anything_compared() ? kDone : kCheckSaidNo;
}

}  // namespace flm
