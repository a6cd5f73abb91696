// A program that is started with its stdin, stdout or stderr closed opens none of its files there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/harness/program.h"

namespace flm::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// What /bin/sh makes of a line, in the scratch folder.
Outcome of_shell(const Scratch& scratch, const std::string& line) {
  const std::string whole = "cd '" + scratch.path().string() + "' && { " + line + "; } ";
  Outcome outcome;
  outcome.exit_code = WEXITSTATUS(std::system(whole.c_str()));
  outcome.out = slurp(scratch / "out");
  outcome.err = slurp(scratch / "err");
  return outcome;
}

const std::string kProgram = std::string("'") + FLM_PROGRAM + "'";

/// read(2) of a closed descriptor: EBADF.
TEST(ClosedDescriptors, OfStdinNoFileIsReadInItsPlace) {
  const Scratch scratch;
  const Outcome outcome =
      of_shell(scratch, kProgram + " score --model '" + nano() + "' --tokens - >out 2>err <&-");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("cannot read -: Bad file descriptor"));
}

TEST(ClosedDescriptors, OfStdoutNoFileIsWrittenInItsPlace) {
  const Scratch scratch;
  const std::string run = kProgram + " run --model '" + nano() +
                          "' --tasks mmlu_anatomy --limit 1 --num-fewshot 0 --store s.db";
  const Outcome closed = of_shell(scratch, run + " --name a 2>err >&-");
  EXPECT_NE(closed.exit_code, 0);
  EXPECT_THAT(closed.err, HasSubstr("Bad file descriptor"));
  EXPECT_EQ(of_shell(scratch, kProgram + " report a --store s.db >out 2>err").exit_code, 0)
      << "the store is whole";
  EXPECT_EQ(of_shell(scratch, run + " --name b >out 2>&-").exit_code, 0);
  EXPECT_EQ(of_shell(scratch, kProgram + " report b --store s.db >out 2>err").exit_code, 0);
}

}  // namespace
}  // namespace flm::testing
