#include <csignal>
#include <cstdio>

#include "harness/cli/bus_error.h"
#include "harness/cli/command_line.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/jsonl.h"
#include "harness/cli/open_files.h"
#include "harness/cli/terminal_progress.h"
#include "harness/commands/commands.h"

int main(int argc, char** argv) {
  flm::answer_bus_errors();
  flm::raise_open_files_limit();
  std::signal(SIGXFSZ, SIG_IGN);  // a file at its size limit is an error of the write instead
  return flm::exit_code_of([&]() -> int {
    const flm::CommandLine line = flm::parse_command_line({argv + 1, argv + argc});
    std::fputs(line.text.c_str(), stdout);
    int code = flm::kDone;
    if (!line.command.empty()) {
      flm::TerminalProgress progress(line.options.quiet);
      code = flm::command_of(line.command)(line.options, progress);
    }
    flm::flush_stdout();
    return code;
  });
}
