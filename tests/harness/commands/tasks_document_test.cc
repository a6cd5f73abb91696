// docs/tasks.md keeps its word: its files are written out, checked, shown and run.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "tasks/sandbox/sandbox.h"
#include "tests/harness/document.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

class TasksDocument : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const auto& [name, text] : blocks) scratch.write(name, text);
  }
  Json first_request(const std::string& task) {
    const Outcome shown = run(scratch, {"show", "--include-path", ".", "--tasks", task, "--json"});
    EXPECT_EQ(shown.exit_code, 0) << shown.err;
    return parse_json(shown.out.substr(0, shown.out.find('\n')), "show");
  }
  Scratch scratch;
  const std::map<std::string, std::string> blocks = named_blocks("tasks.md");
};

TEST_F(TasksDocument, EveryExampleIsSound) {
  int checked = 0;
  for (const auto& [name, text] : blocks) {
    if (!name.ends_with(".yaml") || name == "broken.yaml") continue;
    const Outcome outcome = run(scratch, {"tasks", "validate", "--include-path", ".", name});
    EXPECT_EQ(outcome.exit_code, 0) << name << ": " << outcome.out << outcome.err;
    ++checked;
  }
  EXPECT_EQ(checked, 7);
}

TEST_F(TasksDocument, PromptsAreAsPrinted) {
  const Json request = first_request("capitals");
  EXPECT_EQ(request["prompt"].get<std::string>() + "\n", blocks.at("capitals.prompt"));
  EXPECT_EQ(request["targets"], Json::array({" Rome"}));
  EXPECT_EQ(first_request("capitals_shots")["prompt"],
            "Name the capital.\n\nQuestion: What is the capital of Peru?\nAnswer: Lima\n\n"
            "Question: What is the capital of France?\nAnswer:");
  EXPECT_EQ(first_request("last_words")["targets"], Json::array({" west"}));
  EXPECT_EQ(first_request("sums")["generation"]["max_gen_toks"], 32);
}

TEST_F(TasksDocument, FindingsAreAsPrinted) {
  const Outcome outcome = run(scratch, {"tasks", "validate", "broken.yaml"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.out, blocks.at("broken.findings"));
}

TEST_F(TasksDocument, EveryExampleRuns) {
  std::string tasks = "own,sums,last_words,pages";
  if (Sandbox::examine().isolates) {
    tasks += ",doubling";
  } else {
    std::printf("skipped: doubling, because no code can be isolated here\n");
  }
  const Outcome outcome = run(scratch, {"run", "--model", nano(), "--include-path", ".", "--tasks",
                                        tasks, "--output", "out", "--quiet"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json results = read_json_file((scratch / "out").string() + "/results.json")["results"];
  for (const auto& [task, metric] :
       std::map<std::string, std::string>{{"own", "acc,none"},
                                          {"capitals", "acc_norm,none"},
                                          {"sums", "exact_match,strict"},
                                          {"last_words", "perplexity,none"},
                                          {"pages", "bits_per_byte,none"}})
    EXPECT_TRUE(results.at(task).contains(metric)) << task << ": " << results.at(task).dump();
  const bool code = tasks.ends_with("doubling");
  EXPECT_EQ(results.contains("doubling") && results["doubling"].contains("pass@2,program"), code);
}

TEST_F(TasksDocument, ARowWithoutTheColumnIsFound) {
  std::string text = blocks.at("capitals.yaml");
  const std::string column = "{{question}}";
  text.replace(text.find(column), column.size(), "{{query}}");
  scratch.write("capitals.yaml", text);
  const Outcome outcome = run(scratch, {"tasks", "validate", "capitals.yaml"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.out.find("capitals.yaml:7"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("'query' is undefined"), std::string::npos) << outcome.out;
}

// The commonest table: four columns and a letter. With semicolons and no `sep` it is one column.
TEST_F(TasksDocument, ATableOfFourColumnsAndALetter) {
  const std::string rows = "question,A,B,C,D,answer\nTwo and two?,1,2,3,4,D\n";
  std::string other = rows;
  std::replace(other.begin(), other.end(), ',', ';');
  scratch.write("rows.csv", rows);
  scratch.write("others.csv", other);
  const std::string head =
      "test_split: test\noutput_type: multiple_choice\ndoc_to_text: '{{question}}'\n"
      "doc_to_choice: '{{[A, B, C, D]}}'\ndoc_to_target: \"{{'ABCD'.index(answer)}}\"\n"
      "metric_list: [{metric: acc}]\ndataset_path: csv\n";
  scratch.write("table.yaml",
                "task: table\n" + head + "dataset_kwargs: {data_files: {test: rows.csv}}\n");
  scratch.write("cut.yaml", "task: cut\n" + head +
                                "dataset_kwargs: {data_files: {test: others.csv}, sep: ';'}\n");
  scratch.write("whole.yaml",
                "task: whole\n" + head + "dataset_kwargs: {data_files: {test: others.csv}}\n");
  for (const char* file : {"table.yaml", "cut.yaml"}) {
    const Outcome shown = run(scratch, {"show", "--tasks", file, "--doc", "0"});
    EXPECT_EQ(run(scratch, {"tasks", "validate", file}).exit_code, 0);
    EXPECT_NE(shown.out.find("* 3  \" 4\""), std::string::npos) << shown.out;
  }
  const Outcome whole = run(scratch, {"tasks", "validate", "whole.yaml"});
  EXPECT_EQ(whole.exit_code, 2);
  EXPECT_NE(whole.out.find("' is undefined; the row's columns: question;A;B;C;D;answer"),
            std::string::npos)
      << whole.out;
}

TEST_F(TasksDocument, ShowRendersTokensAndGold) {
  const Outcome page = run(scratch, {"show", "--include-path", ".", "--tasks", "capitals", "--doc",
                                     "0", "--model", nano()});
  ASSERT_EQ(page.exit_code, 0) << page.err;
  EXPECT_NE(page.out.find("* 1  \" Paris\""), std::string::npos) << page.out;
  const Outcome lines = run(scratch, {"show", "--include-path", ".", "--tasks", "capitals", "--doc",
                                      "0", "--model", nano(), "--json"});
  ASSERT_EQ(lines.exit_code, 0) << lines.err;
  const Json line = parse_json(lines.out.substr(0, lines.out.find('\n')), "show");
  const Json& request = line.at("engine").at(0);
  ASSERT_EQ(request["tokens"].size(), request["pieces"].size());
  EXPECT_LT(request["first_scored"].get<std::size_t>(), request["tokens"].size());
  std::string scored;
  for (std::size_t i = request["first_scored"].get<std::size_t>(); i < request["pieces"].size();
       ++i)
    scored += request["pieces"][i].get<std::string>();
  EXPECT_EQ(scored, "\u2581Rome");
  EXPECT_EQ(line["gold"], "1");
}

TEST(TasksValidate, FilesOnlyNeedsNoData) {
  Scratch scratch;
  scratch.write("far.yaml",
                "task: far\ndataset_path: nobody/has_it\ntest_split: test\n"
                "doc_to_text: '{{q}}'\ndoc_to_target: a\n");
  const Outcome whole = run(scratch, {"tasks", "validate", "far.yaml"});
  EXPECT_EQ(whole.exit_code, 2);
  EXPECT_NE(whole.out.find("no manifest for dataset_path nobody/has_it"), std::string::npos);
  const Outcome files = run(scratch, {"tasks", "validate", "--files-only", "far.yaml"});
  EXPECT_EQ(files.exit_code, 0) << files.out;
  EXPECT_NE(files.out.find("1 file(s), nothing found"), std::string::npos) << files.out;
}

}  // namespace
}  // namespace flm::testing
