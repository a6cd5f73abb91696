// The line and the code that an error of flmeval ends with; the ladder: tests/base/system.
#include "harness/process/exit_code.h"

#include <gtest/gtest.h>

#include <new>

#include "base/errors.h"

namespace flm {
namespace {

TEST(ProgramExitCode, LinesAreSafeForATerminal) {
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(exit_code_of([]() -> int { throw UserError("no such file: \x1b[31m"); }), kUserError);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "flmeval: no such file: \\x1b[31m\n");
}

TEST(ProgramExitCode, SayHowToNeedLessMemory) {
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(exit_code_of([]() -> int { throw std::bad_alloc(); }), kUserError);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "flmeval: out of memory; give a smaller --memory\n");
}

}  // namespace
}  // namespace flm
