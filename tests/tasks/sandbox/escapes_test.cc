#include "escapes.h"

#include <gtest/gtest.h>

#include <map>

namespace flm::testing {
namespace {

CodeLimits short_limits() {
  CodeLimits limits;
  limits.cpu_seconds = 2;
  limits.wall_seconds = 12;
  limits.memory_bytes = std::int64_t{512} << 20;
  return limits;
}

void expect_outcomes(const std::vector<Escape>& escapes) {
  const SandboxStatus status = Sandbox::examine();
  if (!status.isolates) GTEST_SKIP() << "skipped: no isolation here: " << status.problem;
  if (!status.seccomp) GTEST_SKIP() << "skipped: this build has no libseccomp";
  std::vector<CodeProgram> programs;
  for (const Escape& escape : escapes) programs.push_back({escape.candidate, escape.tests});
  const std::vector<CodeOutcome> outcomes = Sandbox::open(false).run_all(programs, short_limits());
  ASSERT_EQ(outcomes.size(), escapes.size());
  for (std::size_t i = 0; i < escapes.size(); ++i) {
    EXPECT_STREQ(verdict_name(outcomes[i].verdict), verdict_name(escapes[i].expected))
        << escapes[i].name << ": " << outcomes[i].detail << "\n"
        << outcomes[i].output;
    std::printf("%-46s %-10s %5.2f s  %s\n", escapes[i].name.c_str(),
                verdict_name(outcomes[i].verdict), outcomes[i].seconds, outcomes[i].detail.c_str());
  }
}

TEST(SandboxEscapes, Forgeries) { expect_outcomes(forgeries()); }
TEST(SandboxEscapes, BreakOuts) { expect_outcomes(break_outs()); }
TEST(SandboxEscapes, Exhaustions) { expect_outcomes(exhaustions()); }

TEST(SandboxEscapes, NamesAreDistinct) {
  std::map<std::string, int> names;
  for (const auto& list : {forgeries(), break_outs(), exhaustions()})
    for (const Escape& escape : list) ++names[escape.name];
  EXPECT_GE(names.size(), 70u);
  for (const auto& [name, count] : names) EXPECT_EQ(count, 1) << name;
}

}  // namespace
}  // namespace flm::testing
