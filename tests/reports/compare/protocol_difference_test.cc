// What is refused, and which difference is named.
#include "reports/compare/protocol_difference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <tuple>

#include "reports/compare/logs/load_results.h"
#include "reports/compare/pairing.h"
#include "tests/reports/compare/made_results.h"

namespace flm {
namespace {

TEST(ProtocolDifference, NamesTheCauseBeforeItsSymptom) {
  const auto ask_otherwise = [](Json& line) {
    for (auto& [name, request] : line["arguments"].items())
      request["arg_0"] = "Q: " + request["arg_0"].get<std::string>();
    line["prompt_hash"] = "0000" + line["prompt_hash"].get<std::string>().substr(4);
  };
  MadeRun other = half_right();
  other.edit = ask_otherwise;
  expect_refused(MadeRun{}, other, "prompts");
  other.results = {{"config", {{"fewshot_seed", 4321}}}};
  MadeRun seeded;
  seeded.results = {{"config", {{"fewshot_seed", 1234}}}};
  expect_refused(seeded, other, "prompts");  // no shots are drawn: the seed is no cause
  other.config["description"] = "Answer.";
  expect_refused(seeded, other, "description");
  other.config["doc_to_text"] = "Q: {{question}}";
  expect_refused(seeded, other, "doc_to_text");
  other.results["n-shot"] = {{"made", 5}};
  expect_refused(seeded, other, "num_fewshot");
  other.results["chat_template"] = "<{{m}}>";
  expect_refused(seeded, other, "chat_template");
  other.results["system_instruction"] = "Be brief.";
  expect_refused(seeded, other, "system_instruction");
  other.results["versions"] = {{"made", 2.0}};
  expect_refused(seeded, other, "task_version");
}

TEST(ProtocolDifference, KeysThatChangeNoItemAreNoDifference) {
  MadeRun other = half_right();
  other.config["doc_to_text"] = "{{ question }}";
  other.config["task_alias"] = "another";
  other.config["fewshot_config"] = {{"sampler", "first_n"}};
  other.config["dataset_path"] = "elsewhere";
  other.results = {{"config", {{"random_seed", 7}}}, {"max_length", 99}};
  EXPECT_EQ(row_of(compare_made(MadeRun{}, other)).verdict, Comparability::kComparable);
}

TEST(ProtocolDifference, OtherContinuationsAndTargetsAreFound) {
  MadeRun other = half_right();
  other.edit = [](Json& line) { line["arguments"]["gen_args_3"]["arg_1"] = "D"; };
  expect_refused(MadeRun{}, other, "requests");
  other.config["target_delimiter"] = "";
  expect_refused(MadeRun{}, other, "target_delimiter");
  MadeRun gold = half_right();
  gold.edit = [](Json& line) { line["target_hash"] = std::string(64, '0'); };
  expect_refused(MadeRun{}, gold, "targets");
  gold.config["doc_to_target"] = "{{label}}";
  expect_refused(MadeRun{}, gold, "doc_to_target");
}

TEST(ProtocolDifference, AMetricsArgumentsAreComparedWhereNoHashTells) {
  MadeRun other = half_right();
  other.config["metric_list"][0]["ignore_case"] = true;
  expect_refused(MadeRun{}, other, "metric_list");
}

TEST(ProtocolDifference, AMetricOfAnotherAggregationOrDirectionIsAnother) {
  MadeRun other = half_right();
  other.config["metric_list"][0]["aggregation"] = "median";
  expect_refused(MadeRun{}, other, "metric_list");
  EXPECT_EQ(row_of(compare_made(MadeRun{}, other)).first_difference->b, R"("median")");
  MadeRun down = half_right();
  down.results = {{"higher_is_better", {{"made", {{"acc", false}}}}}};
  expect_refused(MadeRun{}, down, "metric_list");
  EXPECT_EQ(row_of(compare_made(MadeRun{}, down)).first_difference->b, "false");
}

/// Of a folder of ours.
Json with_setting(const std::string& key, const Json& value) {
  return {{"flmeval", {{"options", {{"settings", {{key, value}}}}}}}};
}

TEST(ProtocolDifference, WhatLongRequestsCameToIsProvenByTheSettingAlone) {
  for (const auto& [key, one, other] :
       {std::tuple{"over_long", Json("flag"), Json("truncate")}, {"add_bos", true, false}}) {
    MadeRun a, b = half_right();
    a.results = with_setting(key, one);
    EXPECT_EQ(row_of(compare_made(a, b)).verdict, Comparability::kComparable) << "not recorded";
    b.results = with_setting(key, one);
    EXPECT_EQ(row_of(compare_made(a, b)).verdict, Comparability::kComparable);
    b.results = with_setting(key, other);
    expect_refused(a, b, key);
  }
}

TEST(ProtocolDifference, OfAnswersThatAreWrittenTheRepeatsAreCompared) {
  MadeRun a, b = half_right();
  a.config["repeats"] = 1;  // as no such key
  EXPECT_EQ(row_of(compare_made(a, b)).verdict, Comparability::kComparable);
  b.config["repeats"] = 5;
  EXPECT_EQ(row_of(compare_made(a, b)).verdict, Comparability::kComparable) << "of choices: no";
  a.config["output_type"] = b.config["output_type"] = "generate_until";
  expect_refused(a, b, "repeats");
}

TEST(ProtocolDifference, WithoutLoggedRequestsTheRunsGenerationArgumentsAreCompared) {
  MadeRun a, b = half_right();
  a.results = {{"config", {{"gen_kwargs", {{"temperature", 0.0}}}}}};
  b.results = {{"config", {{"gen_kwargs", {{"temperature", 0.7}}}}}};
  EXPECT_EQ(row_of(compare_made(a, b)).verdict, Comparability::kComparable) << "requests tell";
  a.edit = b.edit = [](Json& line) { line.erase("arguments"); };
  expect_refused(a, b, "gen_kwargs");
}

TEST(ProtocolDifference, ALoggedHashOfAPromptIsThePrompt) {
  MadeRun hashed = half_right();
  hashed.edit = [](Json& line) {
    for (auto& [name, request] : line["arguments"].items())
      request["arg_0"] = "sha256:" + line["prompt_hash"].get<std::string>();
  };
  EXPECT_EQ(row_of(compare_made(MadeRun{}, hashed)).verdict, Comparability::kComparable);
}

TEST(ProtocolDifference, MetricsOfOtherNamesAreNotComparable) {
  MadeRun other = half_right();
  other.edit = [](Json& line) {
    line["metrics"] = {"accuracy"};
    line["accuracy"] = line["acc"];
    line.erase("acc");
  };
  const Comparison comparison = compare_made(MadeRun{}, other);
  const ComparisonRow& row = row_of(comparison);
  EXPECT_EQ(row.verdict, Comparability::kNotComparable);
  ASSERT_TRUE(row.first_difference.has_value());
  EXPECT_EQ(row.first_difference->name, "metric_list");
  EXPECT_EQ(row.first_difference->a, R"(["acc"])");
  EXPECT_EQ(row.first_difference->b, R"(["accuracy"])");
  EXPECT_FALSE(comparison.anything_compared());
}

TEST(ProtocolDifference, EqualNumbersAndFunctionsAtOtherAddressesAreNoDifference) {
  MadeRun a, b = half_right();
  a.config["metadata"]["version"] = 1;  // 1.0 in the other
  a.config["process_results"] = "functools.partial(<function score at 0x7f0012ab>)";
  b.config["process_results"] = "functools.partial(<function score at 0x7fffffff>)";
  a.config["fewshot_delimiter"] = nullptr;
  a.results = {{"fewshot_as_multiturn", false}};
  EXPECT_EQ(row_of(compare_made(a, b)).verdict, Comparability::kComparable);
  b.config["process_results"] = "functools.partial(<function other at 0x7fffffff>)";
  expect_refused(a, b, "process_results");
}

// The hash of a task's data has the split that shots are drawn from where some are drawn.
TEST(ProtocolDifference, TheSplitOfTheShotsIsNoOtherData) {
  const auto folder = fresh_folder();
  write_results(folder, MadeRun{});
  LoggedRun a = load_results(find_results(folder)[0]), b = load_results(find_results(folder)[0]);
  const auto notes = [&] {
    return task_notes({a, a.tasks[0]}, {b, b.tasks[0]},
                      pair_items(a.tasks[0].items, b.tasks[0].items, false));
  };
  a.tasks[0].data_hash = "test";
  b.tasks[0].data_hash = "test and train";
  EXPECT_THAT(notes(), testing::Contains(testing::HasSubstr("the data files differ")));
  b.tasks[0].num_fewshot = a.tasks[0].num_fewshot + 1;
  EXPECT_THAT(notes(), testing::Not(testing::Contains(testing::HasSubstr("data files differ"))));
}

TEST(ProtocolDifference, WithoutACommonDocumentTheConfigurationIsAskedFirst) {
  MadeRun other = half_right();
  other.edit = [](Json& line) { line["doc_hash"] = std::string(64, 'e'); };
  expect_refused(MadeRun{}, other, "documents");  // all of them are one document of B
  other.results = {{"n-shot", {{"made", 5}}}};
  expect_refused(MadeRun{}, other, "num_fewshot");
}

TEST(ProtocolDifference, AValueIsShownAsTheFileSaysIt) {
  MadeRun a, b = half_right();
  a.config["description"] = "";
  b.config["description"] = "Answer.";
  b.edit = [](Json& line) { line["prompt_hash"] = std::string(64, 'd'); };
  const Comparison comparison = compare_made(a, b);
  EXPECT_EQ(row_of(comparison).first_difference->a, R"("")");
  EXPECT_EQ(row_of(comparison).first_difference->b, R"("Answer.")");
}

}  // namespace
}  // namespace flm
