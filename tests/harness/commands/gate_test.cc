// flmeval gate as a user and a CI job meet it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// Two stored runs of one small task (the three built-in items) by two checkpoints.
class GateCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    unsetenv("GITHUB_ACTIONS");
    unsetenv("GITHUB_STEP_SUMMARY");
    for (const char* step : {"step_00100", "step_01600"}) {
      const Outcome done = run(scratch_, {"run", "--model", nano(step), "--tasks", "mmlu_anatomy",
                                          "--num-fewshot", "0", "--name", step, "--quiet"});
      ASSERT_EQ(done.exit_code, 0) << done.err;
    }
  }

  Outcome gate(const std::string& rules, std::vector<std::string> flags = {},
               const std::string& b = "step_01600") {
    scratch_.write("gate.yaml", "version: 1\nrules:\n" + rules);
    flags.insert(flags.begin(), {"gate", "gate.yaml", "step_00100", b});
    return run(scratch_, flags);
  }

  Scratch scratch_;
};

constexpr const char* kNoDrop = "- {task: mmlu_anatomy, max_worse: 0}\n";
constexpr const char* kOutOfReach = "- {task: mmlu_anatomy, rule: limit, min: 2}\n";
constexpr const char* kNowhere = "- {task: mmlu_antomy, max_worse: 0.01}\n";

TEST_F(GateCommand, ExitCodesAreTheDecision) {
  const Outcome same = gate(kNoDrop, {}, "step_00100");
  EXPECT_EQ(same.exit_code, 0) << same.err;
  EXPECT_THAT(same.out, HasSubstr("no change"));
  EXPECT_THAT(same.out, HasSubstr("\nPASS: 1 passed\n"));

  const Outcome failed = gate(std::string(kNoDrop) + kOutOfReach, {"--junit", "gate.xml"});
  EXPECT_EQ(failed.exit_code, 1) << failed.err;
  EXPECT_THAT(failed.out, HasSubstr("wanted at least 2.000"));
  EXPECT_THAT(slurp(scratch_ / "gate.xml"), HasSubstr("tests=\"2\" failures=\"1\" errors=\"0\""));

  const Outcome missing = gate(kNowhere);
  EXPECT_EQ(missing.exit_code, 3) << missing.err;
  EXPECT_THAT(missing.out, HasSubstr("no such task in either run; did you mean mmlu_anatomy?"));

  const Outcome mistaken = gate("- {task: mmlu_anatomy, max_wrose: 0}\n");
  EXPECT_EQ(mistaken.exit_code, 2);
  EXPECT_THAT(mistaken.err,
              HasSubstr("gate.yaml:3: unknown key of a rule; did you mean max_worse"));
  EXPECT_EQ(mistaken.out, "");
  EXPECT_EQ(gate(kNoDrop, {"--junit", "no/such/folder.xml"}).exit_code, 2);
  EXPECT_EQ(run(scratch_, {"gate", "gate.yaml", "step_00100"}).exit_code, 2);
}

// CI reads the JUnit file whatever the exit code was.
TEST_F(GateCommand, JudgesAMetricBesideTheTaskFilesWhereARuleNamesIt) {
  const Outcome named =
      gate("- {task: mmlu_anatomy, metric: gold_bpb, rule: limit, min: 0, max: 99}\n");
  EXPECT_EQ(named.exit_code, 0) << named.out;
  EXPECT_THAT(named.out, HasSubstr("mmlu_anatomy gold_bpb limit"));
  EXPECT_EQ(gate("- {task: mmlu_anatomy, metric: gold_bpb, rule: limit, max: 0}\n").exit_code, 1);
  EXPECT_THAT(gate("- {task: mmlu_anatomy, metric: '*', max_worse: 1}\n").out,
              Not(HasSubstr("gold_")));
}

TEST_F(GateCommand, WithoutADecisionNoResultIsLeft) {
  const std::vector<std::string> junit = {"--junit", "gate.xml"};
  EXPECT_EQ(gate(kNoDrop, junit, "no_such_run").exit_code, 2);
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "gate.xml"));

  EXPECT_EQ(gate(kNoDrop, junit, "step_00100").exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(scratch_ / "gate.xml"));
  EXPECT_EQ(gate(kNoDrop, junit, "no_such_run").exit_code, 2);
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "gate.xml")) << "an earlier decision";
  EXPECT_EQ(gate(kNoDrop, junit, "step_00100").exit_code, 0);
  EXPECT_EQ(gate("- {task: mmlu_anatomy, max_wrose: 0}\n", junit).exit_code, 2);
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "gate.xml")) << "an earlier decision";

  scratch_.write("gate.xml", "<testsuite name=\"somebody's\"/>\n");
  EXPECT_EQ(gate(kNoDrop, junit, "no_such_run").exit_code, 2);
  EXPECT_EQ(slurp(scratch_ / "gate.xml"), "<testsuite name=\"somebody's\"/>\n");
  EXPECT_EQ(gate(kNoDrop, {"--junit", "."}).exit_code, 2);
}

// A policy that nobody finishes writing holds the gate up: a signal ends it there.
TEST_F(GateCommand, AStopEndsTheJudgingWithoutAResult) {
  EXPECT_NE(gate(kNoDrop, {"--junit", "gate.xml"}).exit_code, 2);
  ASSERT_EQ(mkfifo((scratch_ / "endless.yaml").c_str(), 0600), 0);
  const pid_t child =
      start(scratch_, {"gate", "endless.yaml", "step_00100", "step_01600", "--junit", "gate.xml"});
  for (int i = 0; i < 1000 && std::filesystem::exists(scratch_ / "gate.xml"); ++i) usleep(10'000);
  kill(child, SIGTERM);
  EXPECT_EQ(finish(scratch_, child).exit_code, 128 + SIGTERM);
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "gate.xml"));
}

TEST_F(GateCommand, TellsGitHub) {
  const std::string rules = std::string(kOutOfReach) + kNoDrop;
  setenv("GITHUB_ACTIONS", "true", 1);
  setenv("GITHUB_STEP_SUMMARY", (scratch_ / "summary.md").c_str(), 1);
  const Outcome text = gate(rules);
  EXPECT_EQ(text.exit_code, 1) << text.err;
  EXPECT_THAT(text.out, HasSubstr("\n::error file=gate.yaml,line=3,title=mmlu_anatomy "));
  EXPECT_THAT(slurp(scratch_ / "summary.md"), StartsWith("### FAIL: 1 failed, 1 passed"));
  const Outcome json = gate(rules, {"--json"});
  EXPECT_EQ(parse_json(json.out, "stdout").at("exit_code").get<int>(), 1);
  EXPECT_THAT(json.err, HasSubstr("::error file=gate.yaml"));
  unsetenv("GITHUB_ACTIONS");
  unsetenv("GITHUB_STEP_SUMMARY");
  EXPECT_THAT(gate(rules).out, Not(HasSubstr("::error")));
  EXPECT_THAT(gate(rules, {"--github"}).out, HasSubstr("::error"));
}

TEST_F(GateCommand, ExplainsWithAndWithoutRuns) {
  scratch_.write("gate.yaml",
                 std::string("version: 1\nrules:\n- {task: mmlu_anatomy, max_worse: 0.01}\n"));
  const Outcome alone = run(scratch_, {"gate", "gate.yaml", "--explain"});
  EXPECT_EQ(alone.exit_code, 0) << alone.err;
  EXPECT_THAT(alone.out, HasSubstr("if 10 % of the answers differ: its limit asks for 6183 items"));
  const Outcome sized = run(scratch_, {"gate", "gate.yaml", "step_00100", "--explain"});
  EXPECT_EQ(sized.exit_code, 0) << sized.err;
  EXPECT_THAT(sized.out, HasSubstr(", 3 items"));
  const Outcome both =
      run(scratch_, {"gate", "gate.yaml", "step_00100", "step_01600", "--explain", "--json"});
  EXPECT_EQ(both.exit_code, 0) << both.err;
  EXPECT_EQ(parse_json(both.out, "stdout").at("rules").size(), 1u);
}

}  // namespace
}  // namespace flm::testing
