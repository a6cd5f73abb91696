// flmeval compare as a user types it: two checkpoints of models/nano.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

using ::testing::HasSubstr;

class CompareCommand : public ::testing::Test {
 protected:
  /// Scores a checkpoint into the scratch's store and a folder named as `output`.
  void score(const std::string& step, const std::string& output,
             const std::vector<std::string>& more = {}, const std::string& name = "") {
    std::vector<std::string> words = {"run",
                                      "--model",
                                      std::string(FLM_NANO_DIR) + "/" + step,
                                      "--tasks",
                                      "hellaswag,bpb_en_books",
                                      "--limit",
                                      "12",
                                      "--quiet",
                                      "--store",
                                      "runs.db",
                                      "--name",
                                      name.empty() ? output : name,
                                      "--output",
                                      output};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = run(scratch, words);
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  }
  Outcome compare(std::vector<std::string> words) {
    words.insert(words.begin(), "compare");
    words.insert(words.end(), {"--store", "runs.db"});
    return run(scratch, words);
  }
  Json compared(const std::vector<std::string>& words) {
    std::vector<std::string> all = words;
    all.push_back("--json");
    const Outcome outcome = compare(all);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return parse_json(outcome.out, "compare");
  }
  static Json task(const Json& comparison, const std::string& name) {
    for (const Json& entry : comparison["tasks"])
      if (entry["task"] == name) return entry;
    ADD_FAILURE() << "no task " << name;
    return {};
  }
  Scratch scratch;
};

TEST_F(CompareCommand, ANameMayHaveASlashAndAnErrorHasOneLine) {
  score("step_00100", "early", {}, "exp/early");
  score("step_01600", "late", {}, "exp\n/\x1b[2Jlate");
  const Outcome outcome = compare({"exp/early", "exp\n/\x1b[2Jlate"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const Outcome none = compare({"exp/early", "exp/none"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_EQ(none.err,
            "flmeval: no such folder, and no run of that name in runs.db; see flmeval runs: "
            "exp/none\n");
  const Outcome listed = compare({"exp/early", "none"});
  EXPECT_THAT(listed.err, HasSubstr("(exp\\x0a/\\x1b[2Jlate)"));
}

TEST_F(CompareCommand, StoreAndFoldersSayTheSame) {
  score("step_00100", "early");
  score("step_01600", "late");
  const Json stored = compared({"early", "late"});
  EXPECT_EQ(stored["runs"][0]["name"], "early");
  EXPECT_EQ(task(stored, "hellaswag")["metrics"][0]["n"], 12);
  // Copied elsewhere, without the store, the folders are what was written.
  for (const char* folder : {"early", "late"})
    std::filesystem::remove(scratch / folder / "run.json");
  const Json logged = compared({(scratch / "early").string(), (scratch / "late").string()});
  for (const char* name : {"hellaswag", "bpb_en_books"})
    EXPECT_EQ(task(stored, name)["metrics"], task(logged, name)["metrics"]) << name;
  EXPECT_EQ(stored["notes"], logged["notes"]);
}

TEST_F(CompareCommand, ARunAgainstItselfAndItsMirror) {
  score("step_00100", "early");
  score("step_01600", "late");
  const Json self = compared({"late", "late"});
  EXPECT_EQ(task(self, "hellaswag")["metrics"][0]["p"], 1.0);
  EXPECT_EQ(task(self, "bpb_en_books")["metrics"][0]["difference"], 0.0);
  EXPECT_THAT(self["notes"].dump(), HasSubstr("same weights"));
  const Json forth = task(compared({"early", "late"}), "bpb_en_books")["metrics"][0];
  const Json back = task(compared({"late", "early"}), "bpb_en_books")["metrics"][0];
  EXPECT_EQ(forth["difference"].get<double>(), -back["difference"].get<double>());
  EXPECT_EQ(forth["p"], back["p"]);
  EXPECT_LT(forth["difference"].get<double>(), 0);  // training lowers bits per byte
  EXPECT_EQ(forth["outcome"], "better");
  EXPECT_EQ(back["outcome"], "worse");
  EXPECT_EQ(compared({"late", "early", "--reference", "early"})["runs"][0]["name"], "early");
}

// Ours beside the task files' metrics are in no table, and compared where they are named: by the
// figures that the reports of both runs have.
TEST_F(CompareCommand, AMetricBesideTheTaskFilesIsComparedWhereItIsNamed) {
  score("step_00100", "early");
  score("step_01600", "late");
  const auto reported = [&](const std::string& name) {
    const Outcome report = run(scratch, {"report", name, "--store", "runs.db", "--format", "json"});
    const Json whole = parse_json(report.out, "report");
    for (const Json& row : whole["flmeval"]["rows"])
      for (const Json& one : row["scores"])
        if (row["name"] == "hellaswag" && one["metric"] == "gold_bpb")
          return one["value"].get<double>();
    ADD_FAILURE() << report.out;
    return 0.0;
  };
  const Json named = task(compared({"early", "late", "--metric", "gold_bpb"}), "hellaswag");
  const Json& judged = named["metrics"][0];
  EXPECT_EQ(judged["metric"], "gold_bpb");
  EXPECT_NEAR(judged["values"][0], reported("early"), 1e-12);
  EXPECT_NEAR(judged["values"][1], reported("late"), 1e-12);
  EXPECT_EQ(judged["higher_is_better"], false);
  const Json unnamed = task(compared({"early", "late"}), "hellaswag");
  for (const Json& metric : unnamed["metrics"])
    EXPECT_THAT(metric["metric"].get<std::string>(), ::testing::Not(HasSubstr("gold")));
  EXPECT_THAT(compare({"early", "late", "--metric", "gold_pbp"}).err,
              HasSubstr("did you mean gold_bpb?"));
}

TEST_F(CompareCommand, AnotherProtocolIsRefusedByName) {
  score("step_01600", "zero");
  score("step_01600", "two", {"--num-fewshot", "2"});
  const Outcome text = compare({"zero", "two", "--tasks", "hellaswag"});
  EXPECT_EQ(text.exit_code, 1);
  EXPECT_THAT(text.out, HasSubstr("num_fewshot: A 0, B 2"));
  score("step_01600", "bos", {"--add-bos-token", "on"});
  EXPECT_THAT(compare({"zero", "bos"}).out, HasSubstr("add_bos: A false, B true"));
  score("step_01600", "short", {"--bpb-context", "256"});
  EXPECT_THAT(compare({"zero", "short", "--tasks", "bpb*"}).out, HasSubstr("bpb protocol"));
}

TEST_F(CompareCommand, WhatIsNoRunIsAnError) {
  score("step_01600", "late");
  EXPECT_EQ(compare({}).exit_code, 2);
  EXPECT_THAT(compare({"late"}).err, HasSubstr("two runs or more"));
  EXPECT_THAT(compare({"late", "lat?"}).err, HasSubstr("no such run"));
  EXPECT_THAT(compare({"late", "late", "--metric", "accc"}).err, HasSubstr("did you mean acc"));
  EXPECT_THAT(compare({"late", "late", "--tasks", "helaswag"}).err,
              HasSubstr("did you mean hellaswag"));
  EXPECT_THAT(compare({"late", "late", "--reference", "C"}).err, HasSubstr("--reference"));
  std::filesystem::create_directories(scratch / "empty");
  EXPECT_THAT(compare({"late", (scratch / "empty").string()}).err, HasSubstr("results"));
}

}  // namespace
}  // namespace flm::testing
