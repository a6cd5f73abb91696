// Where results lie: an output folder belongs to one run, and reading makes nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/harness/program.h"

namespace flm::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

Outcome run_task(const Scratch& scratch, const std::string& task) {
  return run(scratch, {"run", "--model", nano(), "--tasks", task, "--num-fewshot", "0", "--limit",
                       "2", "--store", "s.db", "--output", "out"});
}

TEST(OutputFolder, AnotherRunsFilesGiveWayAndTheUserIsTold) {
  const Scratch scratch;
  ASSERT_EQ(run_task(scratch, "mmlu_anatomy").exit_code, 0);
  const std::string dated = "samples_theirs_2026-01-01T00-00-00.000000.jsonl";
  scratch.write("out/" + dated, "{}\n");
  scratch.write("out/notes.txt", "mine");
  const Outcome second = run_task(scratch, "bpb_en_code");
  ASSERT_EQ(second.exit_code, 0) << second.err;
  EXPECT_THAT(second.err, HasSubstr("the output folder held run "));
  EXPECT_FALSE(fs::exists(scratch / "out/samples_mmlu_anatomy.jsonl"));
  EXPECT_TRUE(fs::exists(scratch / "out/samples_bpb_en_code.jsonl"));
  EXPECT_TRUE(fs::exists(scratch / ("out/" + dated))) << "not ours";
  EXPECT_TRUE(fs::exists(scratch / "out/notes.txt"));
}

TEST(OutputFolder, AResumedRunKeepsItsOwn) {
  const Scratch scratch;
  ASSERT_EQ(run_task(scratch, "mmlu_anatomy").exit_code, 0);
  const Outcome again = run(scratch, {"run", "--resume", "out", "--output", "out"});
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(again.err.find("give way"), std::string::npos) << again.err;
  EXPECT_TRUE(fs::exists(scratch / "out/samples_mmlu_anatomy.jsonl"));
}

TEST(Report, OfAStoreThatIsNotThereMakesNone) {
  const Scratch scratch;
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"report", "x", "--store", "typo.db"},
        {"run", "--resume", "x", "--store", "typo.db"}}) {
    const Outcome outcome = run(scratch, words);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("no such store; give --store the file"));
    EXPECT_FALSE(fs::exists(scratch / "typo.db"));
  }
}

}  // namespace
}  // namespace flm::testing
