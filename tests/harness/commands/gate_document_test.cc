// docs/gate.md keeps its word: its policies are read by the program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "tests/harness/program.h"

namespace flm::testing {
namespace {

const std::string& document() {
  static const std::string text = slurp(std::string(FLM_SOURCE_DIR) + "/docs/gate.md");
  return text;
}

/// Writes the policies out.
std::vector<std::string> write_policies(const Scratch& scratch) {
  std::vector<std::string> names;
  const std::regex block("```yaml (\\S+\\.yaml)\n([^`]*)```");
  for (std::sregex_iterator at(document().begin(), document().end(), block), end; at != end; ++at) {
    scratch.write((*at)[1], (*at)[2]);
    names.push_back((*at)[1]);
  }
  return names;
}

TEST(GateDocument, EveryPolicyIsSound) {
  const Scratch scratch;
  const std::vector<std::string> names = write_policies(scratch);
  for (const std::string& name : names) {
    const Outcome outcome = run(scratch, {"gate", name, "--explain"});
    EXPECT_EQ(outcome.exit_code, 0) << name << ": " << outcome.err;
  }
  EXPECT_EQ(names.size(), 3u);
}

TEST(GateDocument, TheDecisionIsAsPrinted) {
  const Scratch scratch;
  write_policies(scratch);
  for (const char* step : {"step_00800", "step_01600"})
    ASSERT_EQ(run(scratch, {"run", "--model", nano(step), "--tasks",
                            "bpb_en_books,bpb_en_stackexchange", "--name", step, "--quiet"})
                  .exit_code,
              0);
  const Outcome passed = run(scratch, {"gate", "nano.yaml", "step_00800", "step_01600"});
  EXPECT_EQ(passed.exit_code, 0) << passed.out << passed.err;
  EXPECT_THAT(document(), ::testing::HasSubstr("```\n" + passed.out + "```\n"));
  EXPECT_EQ(run(scratch, {"gate", "nano.yaml", "step_01600", "step_00800"}).exit_code, 1);
}

}  // namespace
}  // namespace flm::testing
