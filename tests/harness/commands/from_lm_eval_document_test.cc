// docs/from-lm-eval.md keeps its word: its commands are run.
#include <gtest/gtest.h>

#include <sstream>

#include "tests/harness/document.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

std::string with_checkpoint(std::string text) {
  for (std::size_t at; (at = text.find("DIR")) != std::string::npos;) text.replace(at, 3, nano());
  return text;
}

TEST(FromLmEval, EveryCommandRuns) {
  const Scratch scratch;
  for (const auto& [name, text] : named_blocks("tasks.md")) scratch.write(name, text);
  const auto blocks = named_blocks("from-lm-eval.md");
  scratch.write("eval.yaml", with_checkpoint(blocks.at("eval.yaml")));
  std::istringstream lines(with_checkpoint(blocks.at("commands")));
  int commands = 0;
  for (std::string line; std::getline(lines, line); ++commands) {
    ASSERT_EQ(line.rfind("$ flmeval ", 0), 0u) << line;
    const Outcome outcome = run(scratch, shell_words(line.substr(10)));
    EXPECT_EQ(outcome.exit_code, 0) << line << "\n" << outcome.err;
  }
  EXPECT_EQ(commands, 5);
}

}  // namespace
}  // namespace flm::testing
