#include <cstdio>

#include "harness/cli/bus_error.h"
#include "harness/cli/command_line.h"
#include "harness/cli/exit_code.h"
#include "harness/cli/open_files.h"
#include "harness/cli/terminal_progress.h"
#include "harness/commands/commands.h"

int main(int argc, char** argv) {
  flm::answer_bus_errors();
  flm::raise_open_files_limit();
  return flm::exit_code_of([&]() -> int {
    const flm::CommandLine line = flm::parse_command_line({argv + 1, argv + argc});
    std::fputs(line.text.c_str(), stdout);
    if (line.command.empty()) return flm::kDone;
    flm::TerminalProgress progress(line.options.quiet);
    for (const std::string& note : line.notes) progress.note(note);
    return flm::command_of(line.command)(line.options, progress);
  });
}
