// flmeval judge: programs of `flmeval run --export-code` in, verdicts for --code-verdicts out.
#include <fstream>
#include <iostream>

#include "base/errors.h"
#include "harness/commands/commands.h"
#include "harness/process/exit_code.h"
#include "harness/process/interrupt.h"
#include "harness/terminal/jsonl.h"
#include "tasks/sandbox/code_judge.h"

namespace flm {
namespace {

constexpr std::size_t kAtATime = 256;  // programs, so that verdicts appear while others run

std::vector<CodeProgram> read_programs(const std::string& path) {
  std::ifstream file(path);
  if (path != "-" && !file) throw UserError("cannot read the programs: " + path);
  std::istream& lines = path == "-" ? std::cin : file;
  std::vector<CodeProgram> programs;
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (!line.empty()) programs.push_back(parse_program(line, path + ":" + std::to_string(number)));
  }
  return programs;
}

}  // namespace

int command_judge(const Options& options, Progress& progress) {
  if (options.operands.size() != 1)
    throw UserError("judge wants one FILE of programs (- = stdin), made by run --export-code");
  const std::vector<CodeProgram> programs = read_programs(options.operands[0]);
  const Sandbox sandbox = Sandbox::open(options.run.unsafe_code_execution);
  const std::atomic<bool>& stop = interrupt_flag();
  for (std::size_t begin = 0; begin < programs.size(); begin += kAtATime) {
    if (stop) return kInterrupted;
    const auto some =
        std::span(programs).subspan(begin, std::min(kAtATime, programs.size() - begin));
    const std::vector<CodeOutcome> outcomes = sandbox.run_all(some);
    for (std::size_t i = 0; i < some.size(); ++i) print_line(verdict_line(some[i], outcomes[i]));
    progress.update("programs", static_cast<std::int64_t>(begin + some.size()),
                    static_cast<std::int64_t>(programs.size()));
  }
  return kDone;
}

}  // namespace flm
