// Among how many choices the answers of a run were: the run's record says it, from the items that
// were scored, and every view tells the same. Answers come from logs, so that they are known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ChoiceCounts : public ::testing::Test {
 protected:
  /// A document for each of `choices`, its gold as written in JSON; all choices are answered alike.
  void add_task(const std::string& name, const std::vector<int>& choices,
                const std::string& gold = "0", const std::string& output_type = "multiple_choice") {
    std::string rows, log;
    for (std::size_t doc = 0; doc < choices.size(); ++doc) {
      Json texts = Json::array(), answers = Json::array();
      for (int i = 0; i < choices[doc]; ++i) {
        texts.push_back("choice " + std::to_string(i));
        answers.push_back(Json::array({Json::array({std::to_string(-1 - i) + ".0", "False"})}));
      }
      rows += R"({"q": "?", "g": )" + gold + R"(, "c": )" + compact_json(texts) + "}\n";
      log +=
          R"({"doc_id": )" + std::to_string(doc) + R"(, "resps": )" + compact_json(answers) + "}\n";
    }
    scratch.write(name + ".jsonl", rows);
    scratch.write("samples_" + name + ".jsonl", log);
    scratch.write(name + ".yaml",
                  "task: " + name + "\ndataset_path: json\ndataset_kwargs: {data_files: {test: " +
                      name + ".jsonl}}\ntest_split: test\noutput_type: " + output_type +
                      "\ndoc_to_text: q\ndoc_to_target: g\ndoc_to_choice: c\n");
    models += (models.empty() ? "replay:" : ",") + ("samples_" + name + ".jsonl");
    tasks += (tasks.empty() ? "" : ",") + name + ".yaml";
  }
  Outcome replay() {
    return run(scratch, {"run", "--model", models, "--tasks", tasks, "--store", "s.db", "--output",
                         "out", "--name", "r", "--quiet"});
  }
  Json choices_of(const std::string& task) {
    const Json results = read_json_file((scratch / "out/results.json").string());
    for (const Json& row : results.at("flmeval").at("rows"))
      if (row.at("name") == task) return row.at("choices");
    return "no such row";
  }

  Scratch scratch;
  std::string models, tasks;
};

TEST_F(ChoiceCounts, TwoFourAndMixedInEveryView) {
  add_task("two", {2, 2});
  add_task("four", {4});
  add_task("mixed", {2, 5});
  const Outcome outcome = replay();
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(choices_of("two"), (Json{{"fewest", 2}, {"most", 2}, {"chance", 0.5}}));
  EXPECT_EQ(choices_of("four"), (Json{{"fewest", 4}, {"most", 4}, {"chance", 0.25}}));
  EXPECT_EQ(choices_of("mixed"), (Json{{"fewest", 2}, {"most", 5}, {"chance", 0.35}}));
  const std::string line = "chance is 0.25 for four, 0.35 for mixed (2 to 5 choices), 0.50 for two";
  EXPECT_THAT(unwrapped(outcome.out), HasSubstr(line));
  EXPECT_THAT(slurp(scratch / "out/report.md"), HasSubstr(line));
  const std::string page = slurp(scratch / "out/report.html");
  EXPECT_THAT(page, HasSubstr("chance 0.50"));
  EXPECT_THAT(page, HasSubstr("chance 0.35"));
  const std::string csv = run(scratch, {"report", "r", "--store", "s.db", "--format", "csv"}).out;
  EXPECT_THAT(csv, HasSubstr(",2 to 5,0.35,"));
}

TEST_F(ChoiceCounts, SeveralRightOnesAndNone) {
  add_task("several", {4}, "[0, 2]");
  add_task("none", {4}, "7");
  const Outcome outcome = replay();
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(choices_of("several").at("chance"), 0.5) << "two of four are right";
  EXPECT_EQ(choices_of("none").at("chance"), 0.0) << "none of the four is";
}

TEST_F(ChoiceCounts, ALogOfSamplesIsAsLmEvaluationHarnessWritesIt) {
  add_task("two", {2});
  ASSERT_EQ(replay().exit_code, 0);
  EXPECT_THAT(slurp(scratch / "out/samples_two.jsonl"), Not(HasSubstr("choice_counts")));
}

}  // namespace
}  // namespace flm::testing
