// flmeval judge: programs of `flmeval run --export-code` in, verdicts for --code-verdicts out.
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/errors.h"
#include "harness/commands/commands.h"
#include "harness/process/exit_code.h"
#include "harness/process/interrupt.h"
#include "harness/terminal/jsonl.h"
#include "tasks/sandbox/code_judge.h"

namespace flm {
namespace {

std::vector<CodeProgram> read_programs(const std::string& path) {
  std::vector<CodeProgram> programs;
  for_each_line(path, [&](int number, const std::string& line) {
    programs.push_back(parse_program(line, path + ":" + std::to_string(number)));
  });
  return programs;
}

/// Verdicts, printed in the order of their programs as soon as those before them are there.
class Verdicts {
 public:
  explicit Verdicts(const std::vector<CodeProgram>& programs)
      : programs_(programs), outcomes_(programs.size()) {}

  void take(std::size_t program, CodeOutcome&& outcome) {
    outcomes_[program] = std::move(outcome);
    for (; printed_ < programs_.size() && outcomes_[printed_]; ++printed_)
      print_line(verdict_line(programs_[printed_], *outcomes_[printed_]));
  }
  std::int64_t printed() const { return static_cast<std::int64_t>(printed_); }

 private:
  const std::vector<CodeProgram>& programs_;
  std::vector<std::optional<CodeOutcome>> outcomes_;
  std::size_t printed_ = 0;
};

}  // namespace

int command_judge(const Options& options, Progress& progress) {
  if (options.operands.size() != 1)
    throw UserError("judge wants one FILE of programs (- = stdin), made by run --export-code");
  const std::vector<CodeProgram> programs = read_programs(options.operands[0]);
  const Sandbox sandbox = Sandbox::open(options.run.unsafe_code_execution);
  const auto total = static_cast<std::int64_t>(programs.size());
  Verdicts verdicts(programs);
  sandbox.run_each(programs, interrupt_flag(), [&](std::size_t program, CodeOutcome&& outcome) {
    verdicts.take(program, std::move(outcome));
    progress.update("programs", verdicts.printed(), total);
  });
  if (verdicts.printed() < total) {
    progress.update("programs", 0, 0);
    throw IncompleteError("stopped: " + std::to_string(verdicts.printed()) + " of " +
                          std::to_string(total) +
                          " programs are judged and their verdicts printed; give the lines behind "
                          "those again");
  }
  return kDone;
}

}  // namespace flm
