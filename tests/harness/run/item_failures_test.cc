// One document's fault is data on its record: the run ends, the others count, task and document are
// named. Answers come from logs, so that they are known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ItemFailures : public ::testing::Test {
 protected:
  void write_task(const std::string& name, const std::string& rows, const std::string& keys) {
    scratch.write(name + ".jsonl", rows);
    scratch.write(name + ".yaml", "task: " + name +
                                      "\ndataset_path: json\ndataset_kwargs: {data_files: {test: " +
                                      name + ".jsonl}}\ntest_split: test\n" + keys);
  }
  Outcome replay(const std::string& task, const std::string& log) {
    scratch.write("samples_" + task + ".jsonl", log);
    return run(scratch,
               {"run", "--model", "replay:samples_" + task + ".jsonl", "--tasks", task + ".yaml",
                "--store", "s.db", "--output", "out_" + task, "--overwrite", "--quiet"});
  }
  Json row(const std::string& task) {
    return read_json_file((scratch / ("out_" + task)).string() + "/results.json")
        .at("results")
        .at(task);
  }
  Json sample(const std::string& task, int line) {
    std::istringstream lines(slurp(scratch / ("out_" + task + "/samples_" + task + ".jsonl")));
    std::string text;
    for (int i = 0; i <= line; ++i) std::getline(lines, text);
    return parse_json(text, "sample");
  }
  Outcome validate(const std::string& task) {
    return run(scratch, {"tasks", "validate", task + ".yaml"});
  }

  Scratch scratch;
};

const std::string kChoices =
    "output_type: multiple_choice\ndoc_to_text: q\ndoc_to_target: g\ndoc_to_choice: c\n";

std::string choice_row(const std::string& gold, const std::string& choices = R"(["a", "b"])") {
  return R"({"q": "?", "g": )" + gold + R"(, "c": )" + choices + "}\n";
}

std::string choice_answer(int doc, const std::string& first, const std::string& second) {
  return R"({"doc_id": )" + std::to_string(doc) + R"(, "resps": [[[")" + first +
         R"(", "False"]], [[")" + second + R"(", "False"]]]})" + "\n";
}

TEST_F(ItemFailures, AFilterThatFailsOnOneAnswer) {
  std::string rows, log;
  for (int i = 0; i < 200; ++i) {
    rows += "{\"q\": \"?\", \"a\": \"4\"}\n";
    log += R"({"doc_id": )" + std::to_string(i) + R"(, "resps": [[")" +
           (i == 7 ? "1 2 3" : "1 2 3 4") + "\"]]}\n";
  }
  write_task("gen", rows,
             "doc_to_text: q\ndoc_to_target: a\nfilter_list:\n  - name: last\n    filter:\n"
             "      - {function: regex, regex_pattern: '([0-9])', group_select: 3}\n"
             "      - {function: take_first}\n");
  const Outcome outcome = replay("gen", log);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(row("gen").at("exact_match,last"), 1.0) << "1 of 200 is not above 1%";
  EXPECT_THAT(unwrapped(outcome.out),
              AllOf(HasSubstr("1 of 200 items failed"), HasSubstr("task gen"),
                    HasSubstr("document 7"), HasSubstr("group_select")));
  EXPECT_EQ(sample("gen", 7).at("status"), "error");
}

TEST_F(ItemFailures, AboveOnePercentTheScoreIsMissing) {
  write_task("gen", "{\"q\": \"?\", \"a\": \"1\"}\n{\"q\": \"?\", \"a\": \"1\"}\n",
             "doc_to_text: q\ndoc_to_target: a\nfilter_list:\n  - name: last\n    filter:\n"
             "      - {function: take_first_k, k: 2}\n      - {function: take_first}\n");
  const Outcome outcome = replay(
      "gen", "{\"doc_id\": 0, \"resps\": [[\"1\"]]}\n{\"doc_id\": 1, \"resps\": [[\"1\"]]}\n");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(row("gen").at("exact_match,last"), "N/A");
  EXPECT_THAT(unwrapped(outcome.out), HasSubstr("2 of 2 items failed (more than 1%)"));
}

TEST_F(ItemFailures, ADocumentThatIsNoWholeNumberIsNotRounded) {
  write_task("gen", "{\"q\": \"?\", \"a\": \"1\"}\n", "doc_to_text: q\ndoc_to_target: a\n");
  for (const char* id : {"0.5", "1e+300", "true", "\"0\""}) {
    const Outcome outcome =
        replay("gen", std::string("{\"doc_id\": ") + id + ", \"resps\": [[\"1\"]]}\n");
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_THAT(unwrapped(outcome.err),
                HasSubstr(std::string("doc_id must be a whole number: ") + id));
  }
}

// The reason quotes a part of the row; a record holds whole characters alone.
TEST_F(ItemFailures, ALongTextOfAnotherScriptWhereAListIsWanted) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "\xE4\xB8\xAD";
  for (const char* before : {"", "a", "ab"}) {
    write_task("choice", choice_row("0") + choice_row("0", '"' + (before + text) + '"'), kChoices);
    const Outcome outcome = replay("choice", choice_answer(0, "-1", "-2"));
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_THAT(unwrapped(outcome.out), HasSubstr("1 of 2 items failed")) << outcome.out;
  }
}

TEST_F(ItemFailures, ARowThatCannotBeRendered) {
  write_task("render", "{\"n\": 1, \"a\": \"1\"}\n{\"n\": 0, \"a\": \"1\"}\n",
             "doc_to_text: '{{ 1 // n }}'\ndoc_to_target: a\n");
  const Outcome outcome = replay("render", "{\"doc_id\": 0, \"resps\": [[\"1\"]]}\n");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(unwrapped(outcome.out),
              AllOf(HasSubstr("1 of 2 items failed"), HasSubstr("task render document 1: ")));
  EXPECT_THAT(validate("render").out,
              HasSubstr("task render: 1 of 2 documents cannot be rendered; the first, document 1"));
  EXPECT_EQ(validate("render").exit_code, 2);
  const Outcome shown = run(scratch, {"show", "--tasks", "render.yaml", "--doc", "1"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("--- problem  task render document 1"));
}

TEST_F(ItemFailures, ATaskThatCannotBeRenderedAtAllIsTheTasksFault) {
  write_task("render", "{\"n\": 0, \"a\": \"1\"}\n{\"n\": 0, \"a\": \"1\"}\n",
             "doc_to_text: '{{ 1 // n }}'\ndoc_to_target: a\n");
  const Outcome outcome = replay("render", "{\"doc_id\": 0, \"resps\": [[\"1\"]]}\n");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("task render document 0"));
}

TEST_F(ItemFailures, ARowWithoutChoices) {
  write_task("choice", choice_row("0") + choice_row("0", "[]"), kChoices);
  const Outcome outcome = replay("choice", choice_answer(0, "-1", "-2"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(unwrapped(outcome.out),
              HasSubstr("task choice document 1: the document has no choices"));
  EXPECT_THAT(validate("choice").out, HasSubstr("1 of 2 documents cannot be rendered"));
}

// lm_eval 0.4.13 scores them 0 and warns of each ("Label index was not in within range").
TEST_F(ItemFailures, WhatNoAnswerGetsRightIsScoredAndCounted) {
  struct Case {
    std::string name, gold, said;
  };
  for (const Case& one : {Case{"beyond", "2", "choices: 2"},
                          {"negative", "-1", "choices: -1"},
                          {"word", "\"A\"", "choices: 'A'"},
                          {"list", "[2, 3]", "[2, 3]"}}) {
    write_task(one.name, choice_row("0") + choice_row(one.gold), kChoices);
    const Outcome outcome =
        replay(one.name, choice_answer(0, "-1", "-2") + choice_answer(1, "-1", "-2"));
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(row(one.name).at("acc,none"), 0.5) << one.name;
    EXPECT_THAT(unwrapped(outcome.out),
                AllOf(HasSubstr("1 of 2 items cannot be answered right and count as wrong"),
                      HasSubstr("document 1: the right answer is none of the 2 choices"),
                      HasSubstr(one.said)));
    EXPECT_EQ(sample(one.name, 1).at("status"), "unanswerable");
    EXPECT_EQ(sample(one.name, 1).at("acc"), 0);
    const Outcome validated = validate(one.name);
    EXPECT_EQ(validated.exit_code, 2);
    EXPECT_THAT(validated.out, HasSubstr("1 of 2 documents cannot be answered right"));
    EXPECT_THAT(run(scratch, {"report", "out_" + one.name}).out, HasSubstr("1 of 2 items cannot"));
  }
}

TEST_F(ItemFailures, ALogWithoutALogProbabilityHasNoAnswer) {
  write_task("cap", choice_row("0") + choice_row("1"), kChoices);
  const std::string sound = choice_answer(0, "-1", "-2");
  for (const std::string bad : {"nan", "NaN", "0.5", "inf"}) {
    const Outcome outcome = replay("cap", sound + choice_answer(1, bad, "-2"));
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(row("cap").at("acc,none"), "N/A") << bad;
    EXPECT_THAT(unwrapped(outcome.out),
                AllOf(HasSubstr("1 of 2 items failed"), HasSubstr("task cap document 1"),
                      HasSubstr("the log-probability of request 0 is not a number up to 0")));
  }
  const Outcome none = replay("cap", sound + choice_answer(1, "-inf", "-inf"));
  EXPECT_THAT(unwrapped(none.out), HasSubstr("every log-probability is -inf"));
  ASSERT_EQ(replay("cap", sound + choice_answer(1, "-inf", "-2")).exit_code, 0);
  EXPECT_EQ(row("cap").at("acc,none"), 1.0) << "the probability 0 is an answer among others";
}

TEST_F(ItemFailures, ALogWithSortedKeysHasItsRequestsByNumber) {
  std::string choices, responses;
  Json arguments = Json::object();
  for (int i = 0; i < 12; ++i) {
    const std::string choice = "c" + std::to_string(i);
    choices += (i ? ", \"" : "\"") + choice + "\"";
    responses += (i ? ", " : "") + std::string("[[\"-") + std::to_string(i + 1) + "\", \"False\"]]";
    arguments["gen_args_" + std::to_string(i)] = {{"arg_0", "?"}, {"arg_1", " " + choice}};
  }
  Json sorted = Json::object();
  std::map<std::string, Json> by_name;
  for (const auto& [name, value] : arguments.items()) by_name[name] = value;
  for (const auto& [name, value] : by_name) sorted[name] = value;
  write_task("many", choice_row("0", "[" + choices + "]"), kChoices);
  const Outcome outcome = replay("many", R"({"arguments": )" + sorted.dump() +
                                             R"(, "doc_id": 0, "resps": [)" + responses + "]}\n");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(row("many").at("acc,none"), 1.0);
}

}  // namespace
}  // namespace flm::testing
