#include <algorithm>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/system/standard_output.h"
#include "engine/nodes.h"
#include "harness/cli/command_line.h"
#include "harness/cli/typed_files.h"
#include "harness/commands/commands.h"
#include "harness/process/bus_error.h"
#include "harness/process/exit_code.h"
#include "harness/process/open_files.h"
#include "harness/terminal/terminal_progress.h"

namespace {

/// A process that does not lead: a signal is the leader's to answer, who finishes and commits.
int serve(flm::Nodes& nodes, const std::vector<std::string>& words) {
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGTERM, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);
  if (std::find(words.begin(), words.end(), "--watch") != words.end())
    flm::ask_for_a_start_on_bus_errors();  // it maps the same files
  return nodes.serve();
}

}  // namespace

int main(int argc, char** argv) {
  flm::hold_standard_descriptors();
  flm::answer_bus_errors();
  flm::raise_open_files_limit();
  std::signal(SIGXFSZ, SIG_IGN);  // a file at its size limit is an error of the write instead
  return flm::exit_code_of([&]() -> int {
    const std::vector<std::string> words(argv + 1, argv + argc);
    const bool for_one = flm::needs_one_process(words);
    if (for_one && !flm::Nodes::is_the_first()) return flm::kDone;
    const std::shared_ptr<flm::Nodes> nodes = for_one ? nullptr : flm::Nodes::join(words);
    if (nodes && !nodes->leads()) return serve(*nodes, words);
    const int code = flm::exit_code_of([&] {
      flm::CommandLine line = flm::parse_command_line(words);
      std::fputs(line.text.c_str(), stdout);
      int done = flm::kDone;
      if (!line.command.empty()) {
        flm::check_typed_files(line.command, line.options.typed);
        flm::TerminalProgress progress(line.options.quiet);
        for (const std::string& note : line.notes) progress.note(note);
        line.options.model.nodes = nodes;
        if (nodes) progress.note(nodes->description());
        if (const std::string advice = flm::Nodes::advice(); !advice.empty()) progress.note(advice);
        done = flm::command_of(line.command)(line.options, progress);
      }
      flm::flush_stdout();
      return done;
    });
    // A launcher ends the others where one ends with an error: this one is through by then.
    if (nodes) std::signal(SIGTERM, SIG_IGN);
    if (nodes) nodes->finish(code);
    return code;
  });
}
