// Runs that belong together: a list, one again, several models, one document of several.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "reports/store/sqlite.h"
#include "reports/store/store.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ManyRuns : public ::testing::Test {
 protected:
  Outcome score(std::vector<std::string> words) {
    words.insert(words.begin(), {"run", "--tasks", "mmlu_anatomy", "--num-fewshot", "0", "--limit",
                                 "2", "--quiet"});
    return run(scratch, words);
  }
  Json json_of(const std::vector<std::string>& words) {
    const Outcome outcome = run(scratch, words);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return parse_json(outcome.out, "stdout");
  }
  const Scratch scratch;
};

TEST_F(ManyRuns, AreListedWithStateModelTasksAndScore) {
  ASSERT_EQ(score({"--model", nano(), "--name", "first"}).exit_code, 0);
  ASSERT_EQ(score({"--model", nano("step_00400")}).exit_code, 0);
  const Json runs = json_of({"runs", "--json"});
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[1].at("name"), "first");
  EXPECT_EQ(runs[1].at("state"), "done");
  EXPECT_EQ(runs[1].at("model"), nano());
  EXPECT_EQ(runs[0].at("tasks"), "mmlu_anatomy");
  EXPECT_TRUE(runs[0].at("scores").at("mmlu_anatomy").at("acc,none").is_number());
  const std::string list = run(scratch, {"runs"}).out;
  const std::string id = runs[1].at("id").get<std::string>();
  EXPECT_THAT(list, HasSubstr(id.substr(id.size() - 6) + " "));
  EXPECT_THAT(list, HasSubstr("step_00400"));
  EXPECT_EQ(json_of({"runs", "first", "--json"}).size(), 1u);
}

TEST_F(ManyRuns, OneThatSomebodyChangedIsToldAndTheOthersAreListed) {
  ASSERT_EQ(score({"--model", nano(), "--name", "sound"}).exit_code, 0);
  ASSERT_EQ(score({"--model", nano("step_00400"), "--name", "edited"}).exit_code, 0);
  SqliteDatabase((scratch / "flmeval.db").string(), 0, SqliteAccess::kWrite)
      .execute("UPDATE runs SET options = '{' WHERE name = 'edited'");
  const Outcome listed = run(scratch, {"runs", "--json"});
  EXPECT_EQ(listed.exit_code, 2);
  const Json runs = parse_json(listed.out, "stdout");
  ASSERT_EQ(runs.size(), 1u);
  EXPECT_EQ(runs[0].at("name"), "sound");
  EXPECT_THAT(listed.err, StartsWith("flmeval: options of run "));
}

TEST_F(ManyRuns, AnyPartOfAnIdAndLatestAreNames) {
  ASSERT_EQ(score({"--model", nano()}).exit_code, 0);
  const std::string id = json_of({"runs", "--json"})[0].at("id").get<std::string>();
  EXPECT_EQ(run(scratch, {"report", id.substr(id.size() - 6)}).exit_code, 0);
  EXPECT_EQ(json_of({"report", "latest", "--json"}).at("flmeval").at("run").at("id"), id);
}

TEST_F(ManyRuns, OneIsAskedAgainAsARunOfItsOwn) {
  ASSERT_EQ(score({"--model", nano(), "--output", "a"}).exit_code, 0);
  const Outcome again = run(scratch, {"run", "--again", "latest", "--limit", "3"});
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr(": once more what run latest was asked\n"));
  const Json runs = json_of({"runs", "--json"});
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0].at("tasks"), "mmlu_anatomy");
  EXPECT_NE(runs[0].at("id"), runs[1].at("id"));
  EXPECT_TRUE(fs::exists(scratch / ("runs/" + runs[0].at("id").get<std::string>()) / "report.md"));
  const auto options =
      Store::open_to_read((scratch / "flmeval.db").string())->runs()[0].options_json;
  EXPECT_THAT(options, HasSubstr("--limit=3"));
  EXPECT_EQ(options.find("--again"), std::string::npos) << options;
  EXPECT_EQ(options.find("--output"), std::string::npos) << options;
}

TEST_F(ManyRuns, SeveralModelsAreRunsAndColumns) {
  const Outcome outcome = score(
      {"--model", nano("step_00[04]00"), "--model", nano(), "--name", "n", "--output", "out"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("n@step_00000"));
  EXPECT_THAT(outcome.out, HasSubstr("n@step_00400"));
  EXPECT_TRUE(fs::exists(scratch / "out/step_01600/results.json"));
  const Json runs = json_of({"runs", "--json"});
  ASSERT_EQ(runs.size(), 3u);
  EXPECT_EQ(runs[0].at("name"), "n@step_01600");
  EXPECT_EQ(run(scratch, {"report", "out"}).err,
            "flmeval: the folder holds 3 runs, name one: out/step_00000, out/step_00400, "
            "out/step_01600 (asked: out)\n");
  EXPECT_THAT(run(scratch, {"report", "n"}).err, HasSubstr("give one of their runs: n@step_01600"));
  fs::create_directory(scratch / "n@step_00400");  // a folder of another kind is no run
  EXPECT_EQ(run(scratch, {"report", "n@step_00400"}).exit_code, 0);
  EXPECT_THAT(score({"--model", nano() + "," + nano("step_00400")}).err,
              HasSubstr("--model A --model B, without a comma: " + nano() + ","));
  const Outcome none = score({"--model", "nowhere/step_*"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("nothing matches the pattern: nowhere/step_*"));
}

/// A checkpoint that cannot be scored is no other's fault; a mistake of the flags is told once.
TEST_F(ManyRuns, OneModelsFaultIsNoOthers) {
  fs::create_directory(scratch / "broken");
  const Outcome outcome = score(
      {"--model", nano("step_00400"), "--model", (scratch / "broken").string(), "--model", nano()});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.out, HasSubstr("step_00400"));
  EXPECT_THAT(outcome.out, HasSubstr("step_01600"));
  EXPECT_THAT(
      outcome.err,
      StartsWith("flmeval: not scored: 1 of 3 models: " + (scratch / "broken").string() + ": "));
  EXPECT_EQ(json_of({"runs", "--json"}).size(), 2u);
  const Outcome flags =
      run(scratch, {"run", "--quiet", "--tasks", "no_such_task", "--model", nano("step_*")});
  EXPECT_EQ(flags.exit_code, 2);
  EXPECT_THAT(flags.err, StartsWith("flmeval: no such task"));
}

TEST_F(ManyRuns, AreOneDocument) {
  ASSERT_EQ(score({"--model", nano(), "--name", "a"}).exit_code, 0);
  ASSERT_EQ(score({"--model", nano("step_00400"), "--name", "b"}).exit_code, 0);
  const Json both = json_of({"report", "a", "b", "--format", "json"});
  ASSERT_EQ(both.size(), 2u);
  EXPECT_EQ(both[1].at("results").size(), 1u);
  const std::string csv = run(scratch, {"report", "a", "b", "--format", "csv"}).out;
  EXPECT_EQ(csv.find("run,name,alias,"), 0u);
  EXPECT_EQ(csv.find("run,name,alias,", 1), std::string::npos) << "one heading";
  EXPECT_THAT(csv, HasSubstr(",run_name,model,weights,data,version,date,flmeval,builtin_sample,"
                             "warnings,choices,chance,stderr_reason\r\n"));
  EXPECT_THAT(csv, HasSubstr(",a," + nano() + ","));
  const std::string latex =
      run(scratch, {"report", "a", "b", "--format", "latex", "--digits", "1"}).out;
  EXPECT_THAT(latex, HasSubstr("\\begin{tabular}{llrrr}"));
  EXPECT_THAT(latex, ::testing::ContainsRegex("& 0\\.[0-9] "));
  for (const char* flag : {"--digits=1", "--percent"})
    for (const char* format : {"html", "csv", "json"}) {
      const Outcome refused = run(scratch, {"report", "a", "--format", format, flag});
      EXPECT_EQ(refused.exit_code, 2);
      EXPECT_THAT(refused.err, HasSubstr("--digits and --percent go with --format text, md or "));
    }
  const Outcome page = run(scratch, {"report", "a", "b", "--format", "html"});
  EXPECT_EQ(page.exit_code, 2);
  EXPECT_THAT(page.err, HasSubstr("compare A B --format html"));
}

TEST_F(ManyRuns, WhatTheTableOfSeveralLeavesOutIsSaid) {
  for (const std::string step : {"step_00400", "step_01600"})
    ASSERT_EQ(run(scratch, {"run", "--tasks", "bpb", "--limit", "1", "--quiet", "--model",
                            nano(step), "--name", step})
                  .exit_code,
              0);
  const std::vector<std::string> words = {"report", "step_00400", "step_01600"};
  const std::string table = run(scratch, words).out;
  EXPECT_THAT(table, HasSubstr("9 tasks below bpb, "));
  EXPECT_THAT(table, ::testing::ContainsRegex("flmeval report [^ ]*\\s+[^ ]*\\s+--all\n"));
  const std::string all = run(scratch, {"report", "step_00400", "step_01600", "--all"}).out;
  EXPECT_THAT(all, ::testing::Not(HasSubstr("--all")));
  EXPECT_THAT(all, HasSubstr("en/books"));
}

TEST_F(ManyRuns, WrongItemsAreShownAlone) {
  ASSERT_EQ(score({"--model", nano()}).exit_code, 0);
  int wrong = 0;
  for (const SampleRecord& sample :
       Store::open_to_read((scratch / "flmeval.db").string())
           ->samples(json_of({"runs", "--json"})[0].at("id"), "mmlu_anatomy"))
    wrong += sample.values.front().second[0] == 0;
  ASSERT_EQ(wrong, 1) << "one right and one wrong, or nothing is told apart";
  const std::string all = run(scratch, {"show", "--run", "latest"}).out;
  const std::string shown = run(scratch, {"show", "--run", "latest", "--wrong"}).out;
  const auto items = [](const std::string& text) {
    int count = 0;
    for (std::size_t at = 0; (at = text.find("=== ", at)) != std::string::npos; ++at) ++count;
    return count;
  };
  EXPECT_EQ(items(all), 2);
  EXPECT_EQ(items(shown), wrong);
  EXPECT_EQ(run(scratch, {"show", "--tasks", "gsm8k", "--wrong"}).exit_code, 2);
}

// --tasks beside --run selects among the run's tasks: its data, its task files, its documents.
TEST_F(ManyRuns, TasksBesideARunAreThoseThatItAsked) {
  fs::create_directory(scratch / "own");
  std::string rows;
  for (int i = 0; i < 5; ++i) rows += "{\"q\": \"question " + std::to_string(i) + "\"}\n";
  scratch.write("own/rows.jsonl", rows);
  for (const char* task : {"mine", "other"})
    scratch.write("own/" + std::string(task) + ".yaml",
                  "task: " + std::string(task) +
                      "\ndataset_path: json\ndataset_kwargs: {data_files: {test: rows.jsonl}}\n"
                      "test_split: test\noutput_type: multiple_choice\ndoc_to_text: q\n"
                      "doc_to_target: 0\ndoc_to_choice: [\"a\", \"b\"]\n");
  const Outcome scored = run(scratch, {"run", "--model", nano(), "--tasks", "mine,other",
                                       "--include-path", "own", "--limit", "2", "--quiet"});
  ASSERT_EQ(scored.exit_code, 0) << scored.err;
  const auto show = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"show", "--run", "latest", "--tasks", "mine"};
    words.insert(words.end(), more.begin(), more.end());
    return run(scratch, words);
  };
  const Outcome all = show({});
  EXPECT_EQ(all.exit_code, 0) << all.err;
  EXPECT_THAT(all.out, AllOf(HasSubstr("question 1"), Not(HasSubstr("question 2")),
                             Not(HasSubstr("=== other"))));
  EXPECT_THAT(show({"--limit", "5", "--wrong"}).out, Not(HasSubstr("question 2")))
      << "what was never asked is not wrong";
  EXPECT_THAT(show({"--limit", "5"}).err, HasSubstr("3 of the items have no answer in run "));
  const Outcome beyond = show({"--doc", "3"});
  EXPECT_EQ(beyond.exit_code, 2);
  EXPECT_THAT(beyond.err, HasSubstr("no such document among those that run "));
}

TEST_F(ManyRuns, NoItemOfBitsPerByteIsWrong) {
  const Outcome scored =
      run(scratch, {"run", "--model", nano(), "--tasks", "mmlu_anatomy,bpb_en_books",
                    "--num-fewshot", "0", "--limit", "1", "--quiet"});
  ASSERT_EQ(scored.exit_code, 0) << scored.err;
  const std::string why = "call no item wrong";
  const Outcome some = run(scratch, {"show", "--run", "latest", "--wrong"});
  EXPECT_EQ(some.exit_code, 0);
  EXPECT_THAT(some.err, HasSubstr(why + "; passed over: bpb_en_books"));
  const Outcome none = run(
      scratch, {"show", "--run", "latest", "--wrong", "--tasks", "bpb_en_books", "--limit", "1"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err,
              HasSubstr(why + "; leave --wrong out, or name other --tasks (chosen: bpb_en_books)"));
}

TEST_F(ManyRuns, WhatFailsBeforeARunBeginsLeavesNoStore) {
  EXPECT_EQ(run(scratch, {"run", "--model", "nowhere", "--tasks", "mmlu_anatomy"}).exit_code, 2);
  EXPECT_EQ(run(scratch, {"run", "--model", nano(), "--tasks", "no_such_task"}).exit_code, 2);
  EXPECT_EQ(run(scratch, {"track", "--series", "nowhere", "--tasks", "bpb"}).exit_code, 2);
  EXPECT_FALSE(fs::exists(scratch / "flmeval.db"));
}

TEST_F(ManyRuns, WhatIsWrongWithTheStoreIsToldBeforeTheWork) {
  const std::vector<std::string> words = {"run",     "--model",      "nowhere",
                                          "--tasks", "mmlu_anatomy", "--store"};
  for (const std::string store : {"no_folder/s.db", "text.db"}) {
    scratch.write("text.db", "this is no database, it is a text of some length");
    std::vector<std::string> with_store = words;
    with_store.push_back(store);
    const Outcome outcome = run(scratch, with_store);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, HasSubstr(store));
    EXPECT_EQ(outcome.err.find("nowhere"), std::string::npos) << outcome.err;
  }
}

}  // namespace
}  // namespace flm::testing
