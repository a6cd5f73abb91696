// The collected faults of ../shared/conformance/faults/scoring: what each folder's README expects.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/documents/json.h"
#include "tasks/sandbox/sandbox.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class ScoringFaults : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!fs::is_directory(kFolder)) GTEST_SKIP() << "skipped: ../shared is not here";
  }
  /// A copy of the folder whose name begins with `number`, to work in.
  void enter(const std::string& number) const {
    for (const auto& folder : fs::directory_iterator(kFolder))
      if (folder.path().filename().string().starts_with(number + "-"))
        fs::copy(folder.path(), scratch.path(),
                 fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  }
  Outcome call(std::vector<std::string> words) const { return run(scratch, words); }
  std::vector<Json> shown(const std::string& task, std::vector<std::string> more = {}) const {
    std::vector<std::string> words = {"show", "--tasks", task, "--json"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = call(words);
    EXPECT_EQ(outcome.exit_code, 0) << task << ": " << outcome.err;
    std::vector<Json> lines;
    std::istringstream text(outcome.out);
    for (std::string line; std::getline(text, line);) lines.push_back(parse_json(line, "show"));
    return lines;
  }
  std::string first_prompt(const std::string& task, std::vector<std::string> more = {}) const {
    const std::vector<Json> lines = shown(task, std::move(more));
    return lines.empty() ? "" : lines[0]["prompt"].get<std::string>();
  }
  /// The prompt of qa.yaml under a chat template of the folder.
  std::string chat(const std::string& file, std::vector<std::string> more = {}) const {
    fs::remove_all(scratch / "model");
    fs::copy(nano(), scratch / "model");
    fs::copy(scratch / file, scratch / "model/chat_template.jinja");
    std::vector<std::string> words = {"--doc", "0", "--model", "model", "--apply-chat-template"};
    words.insert(words.end(), more.begin(), more.end());
    const std::vector<Json> lines = shown("qa.yaml", words);
    return lines.empty() ? "" : lines[0]["prompt"].get<std::string>();
  }
  Json results(std::vector<std::string> words) const {
    words.insert(words.begin(), "run");
    words.insert(words.end(), {"--output", "out", "--overwrite", "--store", "s.db", "--quiet"});
    const Outcome outcome = call(words);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return read_json_file((scratch / "out/results.json").string());
  }

  const fs::path kFolder = fs::path(FLM_SHARED_DIR) / "conformance/faults/scoring";
  const Scratch scratch;
};

TEST_F(ScoringFaults, GroupsCountAMemberOnceAndDoNotHoldThemselves) {
  enter("01");
  const Json groups =
      results({"--model", nano(), "--include-path", ".", "--tasks", "by_list,by_tag_and_name"});
  for (const char* name : {"by_list", "by_tag_and_name"})
    EXPECT_NEAR(groups["groups"][name]["acc,none"].get<double>(), 3.0 / 14, 1e-12) << name;
  enter("02");
  const Outcome self = call({"run", "--model", nano(), "--include-path", ".", "--tasks", "self"});
  EXPECT_EQ(self.exit_code, 2);
  EXPECT_THAT(self.err, AllOf(HasSubstr("self.yaml"), HasSubstr("holds itself")));
}

TEST_F(ScoringFaults, GenerationArgumentsOfTheWrongType) {
  enter("03");
  for (const char* name : {"float_top_k", "null_temperature", "quoted_number", "quoted_temperature",
                           "quoted_top_p", "yaml_exponent"}) {
    const std::string file = std::string(name) + ".yaml";
    for (const Outcome& outcome :
         {call({"tasks", "validate", file}), call({"show", "--tasks", file, "--doc", "0"})}) {
      EXPECT_EQ(outcome.exit_code, 2) << outcome.out << outcome.err;
      EXPECT_THAT(outcome.out + outcome.err,
                  AllOf(HasSubstr(file + ":"), HasSubstr("generation_kwargs: ")));
    }
  }
}

TEST_F(ScoringFaults, ChatTemplates) {
  enter("05");
  EXPECT_EQ(chat("tools.jinja"), "<user>Q: Is 1 < 2 & 'ok' 中?\nA:");
  enter("07");
  EXPECT_THAT(chat("generation.jinja"), HasSubstr("U:Q: "));
  EXPECT_THAT(chat("break.jinja", {"--system-instruction", "Be brief."}), HasSubstr("Q: "));
  EXPECT_THAT(chat("date.jinja", {"--chat-date", "2031-01-01"}), HasSubstr("Today: 2031\n"));
}

TEST_F(ScoringFaults, TablesAndTimes) {
  enter("08");
  const std::vector<Json> rows = shown("dup.yaml");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0]["gold"], "A");
  EXPECT_EQ(rows[1]["gold"], "C");
  enter("09");
  EXPECT_EQ(first_prompt("rows.yaml"), "q:");
  enter("11");
  EXPECT_EQ(first_prompt("when.yaml", {"--data", "."}), "2020-01-02 03:04:05");
  EXPECT_EQ(first_prompt("clock.yaml", {"--data", "."}), "01:02:03");
  // A column that is not read: the task that names it is refused, with column and type.
  const std::pair<const char*, const char*> unread[] = {{"span", "column span is a duration"},
                                                        {"blob", "column blob is binary"}};
  for (const auto& [task, why] : unread) {
    const std::string file = std::string(task) + ".yaml";
    const Outcome outcome =
        call({"run", "--model", nano(), "--tasks", file, "--data", ".", "--quiet"});
    EXPECT_EQ(outcome.exit_code, 2) << task;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr(file + ":"), HasSubstr(why)));
  }
  enter("21");
  EXPECT_EQ(first_prompt("zone.yaml"), "2020-01-02 03:04:05");
  enter("24");
  const std::string prompt = first_prompt("table.yaml");
  EXPECT_FALSE(prompt.empty());
  for (const char* task : {"rows.yaml", "task_with_mark.yaml"})
    EXPECT_EQ(first_prompt(task), prompt) << task;
}

TEST_F(ScoringFaults, LocalDataForms) {
  enter("12");
  for (const char* task : {"parquet", "arrow", "data_dir", "dir_and_files", "dot_path", "glob"})
    EXPECT_EQ(first_prompt(std::string(task) + ".yaml"), "q1") << task;
  EXPECT_EQ(shown("glob.yaml").size(), 2u);
  std::string text = slurp(scratch / "dot_path.yaml");
  text.replace(text.find("./sub"), 5, (scratch / "sub").string());
  scratch.write("whole_path.yaml", text);
  EXPECT_EQ(first_prompt("whole_path.yaml"), "q1");
}

TEST_F(ScoringFaults, Literals) {
  enter("13");
  const auto choices = [&](const std::string& task) {
    std::vector<std::string> out;
    for (const Json& line : shown(task + ".yaml", {"--doc", "0"}))
      out.push_back(line["targets"][0].get<std::string>());
    return out;
  };
  using ::testing::ElementsAre;
  for (const char* task : {"triple", "triple_lines"})
    EXPECT_THAT(choices(task), ElementsAre(" it's\nRight? yes", " it's\nRight? no")) << task;
  EXPECT_THAT(choices("raw"), ElementsAre(" a\\d", " b"));
  EXPECT_THAT(choices("bare"), ElementsAre(" x", " y"));
  EXPECT_THAT(choices("named"), ElementsAre(" \u2022 yes", " \u2022 no"));
}

TEST_F(ScoringFaults, PatternsHaveTheirPlace) {
  enter("14");
  const Outcome outcome =
      call({"tasks", "validate", "good.yaml", "filter.yaml", "metric.yaml", "unicode_name.yaml"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("filter.yaml:16: "), HasSubstr("metric.yaml:11: ")));
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 2) << outcome.out;
  const Outcome started = call({"run", "--model", nano(), "--tasks", "good.yaml,filter.yaml"});
  EXPECT_EQ(started.exit_code, 2);
  EXPECT_THAT(started.err, HasSubstr("filter.yaml:16: "));
}

TEST_F(ScoringFaults, WhatCannotBeRightOrIsNoNumberIsSaid) {
  enter("15");
  for (const char* task : {"index", "word", "minus_one"}) {
    const Outcome outcome = call({"tasks", "validate", std::string(task) + ".yaml"});
    EXPECT_THAT(outcome.out, HasSubstr("cannot be answered right")) << task;
  }
  enter("23");
  for (const char* log : {"nan", "one_nan", "positive", "minus_inf"}) {
    const Json out = results({"--model", std::string("replay:") + log, "--tasks", "cap.yaml"});
    EXPECT_EQ(out["results"]["cap"]["acc,none"], "N/A") << log;
  }
}

/// Wilson's and Clopper-Pearson's intervals, as R's prop.test and binom.test give them.
TEST_F(ScoringFaults, GroupsOfFewAndUnequalTasksHaveIntervalsOfTheirItems) {
  enter("17");
  const Json out =
      results({"--model", nano(), "--include-path", ".", "--tasks", "three,pair,one_has_it"});
  const std::map<std::string, std::pair<double, double>> expected = {
      {"three", {0.472650, 0.527350}},
      {"one_has_it", {0.351995, 0.648005}},
      {"pair", {0.046579, 0.507976}}};
  std::size_t seen = 0;
  for (const Json& row : out["flmeval"]["rows"]) {
    const auto found = expected.find(row["name"].get<std::string>());
    if (found == expected.end()) continue;
    ++seen;
    EXPECT_NEAR(row["scores"][0]["low"].get<double>(), found->second.first, 1e-6) << row["name"];
    EXPECT_NEAR(row["scores"][0]["high"].get<double>(), found->second.second, 1e-6) << row["name"];
  }
  EXPECT_EQ(seen, expected.size());
}

TEST_F(ScoringFaults, RightProgramsAreJudgedRight) {
  if (!Sandbox::examine().isolates) GTEST_SKIP() << "skipped: no code can be isolated here";
  enter("18");
  const Json out = results({"--model", "replay:log", "--tasks", "code.yaml"});
  EXPECT_EQ(out["results"]["code"]["pass@1,program"], 1.0);
}

}  // namespace
}  // namespace flm::testing
