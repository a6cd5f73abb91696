// What is paired, what is refused and why. The figures are those of reports/statistics.
#include "reports/compare/compare_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/files.h"
#include "reports/compare/logs/load_results.h"
#include "tests/reports/compare/made_results.h"

namespace flm {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

const ComparisonRow& row_of(const Comparison& comparison) {
  return comparison.contrasts.at(0).rows.at(0);
}

MadeRun half_right() {
  MadeRun run;
  run.model = "made/half";
  run.right = [](int document) { return document % 2 == 0; };
  return run;
}

void expect_refused(const MadeRun& a, const MadeRun& b, const std::string& name) {
  const Comparison comparison = compare_made(a, b);
  const ComparisonRow& row = row_of(comparison);
  EXPECT_EQ(name_of(row.verdict), "not comparable");
  ASSERT_TRUE(row.first_difference.has_value()) << name;
  EXPECT_EQ(row.first_difference->name, name);
  EXPECT_FALSE(comparison.anything_compared());
}

TEST(CompareRuns, CountsWhatWasLostAndWon) {
  const Comparison comparison = compare_made(MadeRun{}, half_right());
  const ComparisonRow& row = row_of(comparison);
  EXPECT_EQ(row.verdict, Comparability::kComparable);
  const MetricComparison& acc = row.metrics.at(0);
  EXPECT_EQ(acc.n, 20);
  EXPECT_DOUBLE_EQ(*acc.a, 1);
  EXPECT_DOUBLE_EQ(*acc.b, 0.5);
  EXPECT_DOUBLE_EQ(*acc.difference, -0.5);
  EXPECT_EQ(*acc.only_a, 10);
  EXPECT_EQ(*acc.only_b, 0);
  EXPECT_DOUBLE_EQ(*acc.p, std::pow(0.5, 10));  // 2 P(X < 0) + P(X = 0), X ~ Bin(10, 1/2)
  EXPECT_DOUBLE_EQ(*acc.p_adjusted, *acc.p);    // one test
  EXPECT_EQ(acc.outcome, Outcome::kWorse);
  EXPECT_EQ(comparison.tests, 1);
  EXPECT_DOUBLE_EQ(row.margins_a.at(1), 0.75);  // -1.5 of the right choice, -2.25 of the others
  EXPECT_DOUBLE_EQ(row.margins_b.at(1), -0.75);
  EXPECT_EQ(comparison.runs.at(1).name, "half");
}

TEST(CompareRuns, ARunAgainstItselfDiffersNowhere) {
  const Comparison comparison = compare_made(half_right(), half_right());
  const MetricComparison& acc = row_of(comparison).metrics.at(0);
  EXPECT_EQ(*acc.p, 1);
  EXPECT_EQ(*acc.difference, 0);
  EXPECT_EQ(*acc.only_a + *acc.only_b, 0);
  EXPECT_EQ(acc.outcome, Outcome::kNoDifference);
  EXPECT_NE(comparison.runs[0].name, "");
}

TEST(CompareRuns, NothingDependsOnTheOrderOfTheLines) {
  MadeRun turned = half_right();
  turned.edit_lines = [](std::vector<std::string>& lines) {
    std::reverse(lines.begin(), lines.end());
  };
  const Comparison plain = compare_made(MadeRun{}, half_right()),
                   other = compare_made(MadeRun{}, turned);
  EXPECT_EQ(*row_of(plain).metrics[0].p, *row_of(other).metrics[0].p);
  EXPECT_EQ(*row_of(plain).metrics[0].low, *row_of(other).metrics[0].low);
  EXPECT_THAT(row_of(other).notes, IsEmpty());
}

TEST(CompareRuns, WrongDocIdsPairNothing) {  // lm-evaluation-harness#4084
  MadeRun shifted = half_right();
  shifted.edit = [](Json& line) { line["doc_id"] = (line["doc_id"].get<int>() + 7) % 20; };
  const Comparison comparison = compare_made(MadeRun{}, shifted);
  EXPECT_EQ(row_of(comparison).verdict, Comparability::kComparable);
  EXPECT_EQ(*row_of(comparison).metrics[0].only_a, 10);
  EXPECT_THAT(row_of(comparison).notes, Contains(HasSubstr("doc_id does not pair them")));
}

TEST(CompareRuns, OtherDataIsComparedWhereItIsTheSame) {
  MadeRun fewer = half_right();
  fewer.documents = 15;
  fewer.results = {{"config", {{"limit", 15}}}};
  const Comparison comparison = compare_made(MadeRun{}, fewer);
  const ComparisonRow& row = row_of(comparison);
  EXPECT_EQ(row.verdict, Comparability::kPartly);
  EXPECT_EQ(row.items_in_common, 15);
  EXPECT_EQ(row.only_in[0], 5);
  EXPECT_EQ(row.only_in[1], 0);
  EXPECT_THAT(row.notes, Contains("limit: none and 15"));
  EXPECT_EQ(row.metrics[0].n, 15);
}

TEST(CompareRuns, NamesTheCauseBeforeItsSymptom) {
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

TEST(CompareRuns, KeysThatChangeNoItemAreNoDifference) {
  MadeRun other = half_right();
  other.config["doc_to_text"] = "{{ question }}";
  other.config["task_alias"] = "another";
  other.config["fewshot_config"] = {{"sampler", "first_n"}};
  other.config["dataset_path"] = "elsewhere";
  other.results = {{"config", {{"random_seed", 7}}}, {"max_length", 99}};
  EXPECT_EQ(row_of(compare_made(MadeRun{}, other)).verdict, Comparability::kComparable);
}

TEST(CompareRuns, OtherContinuationsAndTargetsAreFound) {
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

TEST(CompareRuns, AMetricsArgumentsAreComparedWhereNoHashTells) {
  MadeRun other = half_right();
  other.config["metric_list"][0]["ignore_case"] = true;
  expect_refused(MadeRun{}, other, "metric_list");
}

TEST(CompareRuns, ALoggedHashOfAPromptIsThePrompt) {
  MadeRun hashed = half_right();
  hashed.edit = [](Json& line) {
    for (auto& [name, request] : line["arguments"].items())
      request["arg_0"] = "sha256:" + line["prompt_hash"].get<std::string>();
  };
  EXPECT_EQ(row_of(compare_made(MadeRun{}, hashed)).verdict, Comparability::kComparable);
}

TEST(CompareRuns, TheSameLineTwiceCountsOnceTwoAnswersCountNever) {
  MadeRun twice = half_right();
  twice.edit_lines = [](std::vector<std::string>& lines) { lines.push_back(lines[3]); };
  const Comparison comparison = compare_made(MadeRun{}, twice);
  EXPECT_EQ(row_of(comparison).metrics[0].n, 20);
  EXPECT_THAT(row_of(comparison).notes, Contains(HasSubstr("logged twice")));
  MadeRun contradicts = half_right();
  contradicts.edit_lines = [](std::vector<std::string>& lines) {
    Json line = Json::parse(lines[3]);
    line["acc"] = 1.0;
    lines.push_back(line.dump());
  };
  const Comparison refused = compare_made(MadeRun{}, contradicts);
  ASSERT_EQ(row_of(refused).verdict, Comparability::kNotComparable);
  EXPECT_THAT(row_of(refused).first_difference->b, HasSubstr("doc_id 3"));
}

TEST(CompareRuns, RepeatedDocumentsPairInOrder) {
  const auto repeated = [](Json& line) {
    const int document = line["doc_id"].get<int>();
    if (document < 15) return;
    const Json doc = {{"id", 0}};
    line["doc_hash"] = std::string(64, '1');
    line["prompt_hash"] = std::string(64, '2');
    line["target_hash"] = std::string(64, '3');
    line["arguments"] = {{"gen_args_0", {{"arg_0", "p"}, {"arg_1", "c"}}}};
  };
  MadeRun a, b = half_right();
  a.edit = b.edit = repeated;
  const Comparison comparison = compare_made(a, b);
  EXPECT_EQ(row_of(comparison).metrics[0].n, 20);
  EXPECT_EQ(*row_of(comparison).metrics[0].only_a, 10);
  EXPECT_THAT(row_of(comparison).notes, Contains(HasSubstr("4 of 20 documents are repeats")));
}

TEST(CompareRuns, ValuesThatTheResultsDoNotSayAreTold) {
  MadeRun claims = half_right();
  claims.results = {{"results", {{"made", {{"acc,none", 0.9}}}}}};
  EXPECT_THAT(row_of(compare_made(MadeRun{}, claims)).notes,
              Contains(HasSubstr("reports acc 0.9")));
}

/// Two tasks of 20 and 10 items in a group, of which the results say `acc`.
LoggedRun grouped_run(double acc) {
  MadeRun run = half_right();
  Json other = run.config;
  other["task"] = "other";
  run.results = {
      {"results", {{"other", {{"alias", " - other"}, {"acc,none", 0.8}}}}},
      {"groups", {{"both", {{"alias", "both"}, {"acc,none", acc}, {"acc_stderr,none", 0.1}}}}},
      {"group_subtasks", {{"both", {"made", "other"}}}},
      {"configs", {{"other", other}}},
      {"n-samples", {{"other", {{"original", 10}, {"effective", 10}}}}}};
  const auto folder = fresh_folder();
  write_results(folder, run);
  const auto into = std::filesystem::directory_iterator(folder)->path();
  std::string text;
  for (int d = 0; d < 10; ++d) {
    Json line = {{"doc_id", d},
                 {"doc", {{"id", d}}},
                 {"target", "0"},
                 {"arguments", Json::array()},
                 {"resps", Json::array()},
                 {"filtered_resps", Json::array()},
                 {"filter", "none"},
                 {"metrics", {"acc"}},
                 {"acc", d < 8 ? 1.0 : 0.0}};
    text += line.dump() + "\n";
  }
  write_file_atomically(into / ("samples_other_" + run.date + ".jsonl"), text);
  return load_results(find_results(folder)[0]);
}

TEST(CompareRuns, AGroupWeighsItsTasksAsTheResultsDo) {
  // 10 of 20 and 8 of 10: 18 of 30, and the mean of 0.5 and 0.8.
  EXPECT_TRUE(grouped_run(18.0 / 30).groups[0].weight_by_size);
  EXPECT_THAT(grouped_run(18.0 / 30).about.notes, IsEmpty());
  EXPECT_FALSE(grouped_run(0.65).groups[0].weight_by_size);
  EXPECT_THAT(grouped_run(0.65).about.notes, IsEmpty());
  EXPECT_THAT(grouped_run(0.7).about.notes,
              testing::ElementsAre(HasSubstr(
                  "reports acc,none 0.7 of the group both, the mean weighted by size of its tasks "
                  "is 0.6")));
}

// lm-evaluation-harness 0.4.13 logs numpy's text of the probabilities, in lines of 75 characters.
TEST(CompareRuns, ReadsProbabilitiesThatAreLoggedAsNumpyPrintsThem) {
  MadeRun run;
  run.documents = 4;
  run.config["metric_list"] = {{{"metric", "brier_score"}}};
  run.edit = [](Json& line) {
    line["metrics"] = {"brier_score"};
    line["brier_score"] = {line["doc_id"], "[9.0e-01 1.0e-01\n 0.        0.       ]"};
  };
  const MetricComparison metric = row_of(compare_made(run, run)).metrics.at(0);
  EXPECT_EQ(metric.metric, "brier_score");
  EXPECT_EQ(metric.n, 4);
  // (0.01 + 0.01 + 0.81 + 0.81 + ...): right at 0: 0.02; at 1: 1.62; at 2 and 3: 1.82 each.
  ASSERT_TRUE(metric.a.has_value()) << metric.reason;
  EXPECT_NEAR(*metric.a, (0.02 + 1.62 + 1.82 + 1.82) / 4, 1e-12);

  run.edit = [](Json& line) {
    line["metrics"] = {"brier_score"};
    line["brier_score"] = {line["doc_id"], "[9.0e-01 ... 1.0e-01]"};
  };
  EXPECT_FALSE(row_of(compare_made(run, run)).metrics.at(0).a.has_value()) << "some are left out";
}

TEST(CompareRuns, AboveOnePercentWithoutAValueThereIsNoFigure) {
  MadeRun failed = half_right();
  failed.edit = [](Json& line) {
    if (line["doc_id"] == 4) line["acc"] = nullptr;
  };
  const Comparison comparison = compare_made(MadeRun{}, failed);
  const MetricComparison& acc = row_of(comparison).metrics[0];
  EXPECT_FALSE(acc.difference.has_value());
  EXPECT_THAT(acc.reason, HasSubstr("1 of 20 items in common have no value"));
}

TEST(CompareRuns, NewestResultsCountAndGzipIsRead) {
  const auto folder = fresh_folder();
  MadeRun old = half_right(), now = half_right();
  old.right = [](int) { return false; };
  now.date = "2026-11-03T10-00-00.000001";
  now.gzip = true;
  write_results(folder, old);
  write_results(folder, now);
  const std::vector<ResultsFiles> found = find_results(folder);
  ASSERT_EQ(found.size(), 1u);
  const LoggedRun run = load_results(found[0]);
  EXPECT_THAT(run.about.notes, Contains(HasSubstr("1 older results")));
  ASSERT_EQ(run.tasks.size(), 1u);
  EXPECT_EQ(run.tasks[0].items.size(), 20u);
  EXPECT_EQ(*aggregate("mean", run.tasks[0].metrics[0].values), 0.5);
  const ItemText text = run.about.texts->text("made", 6);
  EXPECT_EQ(text.prompt, "question 6");
  EXPECT_EQ(text.choices.at(2), " choice 2");
  EXPECT_EQ(*text.gold, 2u);
  EXPECT_EQ(text.log_likelihoods.at(2), -1.5);
}

TEST(CompareRuns, SeveralModelsBelowOneFolderAreSeveralRuns) {
  const auto folder = fresh_folder();
  MadeRun third;
  third.model = "made/third";
  third.right = [](int document) { return document < 5; };
  std::vector<LoggedRun> runs;
  for (const MadeRun& run : {MadeRun{}, half_right(), third}) write_results(folder, run);
  for (const ResultsFiles& files : find_results(folder)) runs.push_back(load_results(files));
  const Comparison comparison = compare_runs(std::move(runs));
  ASSERT_EQ(comparison.runs.size(), 3u);
  ASSERT_EQ(comparison.contrasts.size(), 2u);
  ASSERT_EQ(comparison.many.size(), 1u);
  EXPECT_EQ(comparison.many[0].cells.size(), 3u);
  EXPECT_EQ(comparison.many[0].df, 2);
  // half 10, model 20, third 5 of 20 right; rows of three, of two and of one right answer:
  // Q = (k - 1)(k sum of squares - total^2) / (k total - sum of squared rows)
  const double total = 35, squares = 100 + 400 + 25, rows = 3 * 9 + 9 * 4 + 8 * 1;
  EXPECT_NEAR(*comparison.many[0].q, 2 * (3 * squares - total * total) / (3 * total - rows), 1e-12);
}

TEST(CompareRuns, WithoutSamplesNothingIsCompared) {
  const auto folder = fresh_folder();
  write_results(folder, MadeRun{});
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".jsonl") std::filesystem::remove(entry.path());
  std::vector<LoggedRun> runs;
  for (int i = 0; i < 2; ++i) runs.push_back(load_results(find_results(folder)[0]));
  const Comparison comparison = compare_runs(std::move(runs));
  EXPECT_EQ(row_of(comparison).first_difference->name, "samples");
}

void expect_error(const std::function<void()>& what, const std::vector<std::string>& parts) {
  try {
    what();
    ADD_FAILURE() << "no error: " << parts[0];
  } catch (const UserError& error) {
    for (const std::string& part : parts) EXPECT_THAT(error.what(), HasSubstr(part));
  }
}

TEST(CompareRuns, TheDirectionIsTheTaskFilesWhereTheResultsDoNotSayIt) {
  MadeRun down = half_right();
  MadeRun up;
  for (MadeRun* run : {&down, &up}) {
    run->config["metric_list"][0]["higher_is_better"] = false;
    run->results = {{"higher_is_better", {{"made", nullptr}}}};
  }
  const Comparison comparison = compare_made(up, down);  // 1.0 to 0.5, and lower is better
  EXPECT_EQ(row_of(comparison).metrics.at(0).outcome, Outcome::kBetter);
}

TEST(CompareRuns, AMetricThatCannotBeReadIsNotDropped) {
  MadeRun texts = half_right();
  texts.edit = [](Json& line) {
    line["metrics"].push_back("bleu");
    line["bleu"] = {"a reference", "an answer"};
  };
  const Comparison comparison = compare_made(texts, texts);
  ASSERT_EQ(row_of(comparison).metrics.size(), 2u);
  EXPECT_THAT(row_of(comparison).metrics[1].reason, HasSubstr("20 of 20 items"));
}

TEST(CompareRuns, MetricsOfOtherNamesAreNotComparable) {
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

TEST(CompareRuns, AThirdRunWithoutTheMetricHasNoPartInQ) {
  MadeRun third = half_right();
  third.edit = [](Json& line) {
    line["metrics"] = {"accuracy"};
    line["accuracy"] = line["acc"];
    line.erase("acc");
  };
  std::vector<LoggedRun> runs;
  for (const MadeRun& run : {MadeRun{}, half_right(), third}) {
    const auto folder = fresh_folder();
    write_results(folder, run);
    runs.push_back(load_results(find_results(folder)[0]));
  }
  const Comparison comparison = compare_runs(std::move(runs));
  EXPECT_THAT(comparison.many, IsEmpty());
  EXPECT_EQ(*comparison.contrasts[0].rows[0].metrics[0].only_a, 10);
}

TEST(CompareRuns, EqualNumbersAndFunctionsAtOtherAddressesAreNoDifference) {
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

TEST(CompareRuns, WithoutACommonDocumentTheConfigurationIsAskedFirst) {
  MadeRun other = half_right();
  other.edit = [](Json& line) { line["doc_hash"] = std::string(64, 'e'); };
  expect_refused(MadeRun{}, other, "documents");  // all of them are one document of B
  other.results = {{"n-shot", {{"made", 5}}}};
  expect_refused(MadeRun{}, other, "num_fewshot");
}

TEST(CompareRuns, AValueIsShownAsTheFileSaysIt) {
  MadeRun a, b = half_right();
  a.config["description"] = "";
  b.config["description"] = "Answer.";
  b.edit = [](Json& line) { line["prompt_hash"] = std::string(64, 'd'); };
  const Comparison comparison = compare_made(a, b);
  EXPECT_EQ(row_of(comparison).first_difference->a, R"("")");
  EXPECT_EQ(row_of(comparison).first_difference->b, R"("Answer.")");
}

TEST(CompareRuns, DamagedFilesAreNamedWithTheirLine) {
  const auto load = [](const MadeRun& run) {
    const auto folder = fresh_folder();
    write_results(folder, run);
    load_results(find_results(folder)[0]);
  };
  MadeRun broken;
  broken.edit_lines = [](std::vector<std::string>& lines) { lines[6] = lines[6].substr(0, 100); };
  expect_error([&] { load(broken); }, {".jsonl:7:"});
  broken.edit_lines = [](std::vector<std::string>& lines) { lines[2] = "[1, 2]"; };
  expect_error([&] { load(broken); }, {".jsonl:3:", "doc_id"});
  MadeRun odd;  // arguments that are no requests are none, and no crash
  odd.edit = [](Json& line) { line["arguments"] = {1, "a"}; };
  EXPECT_NO_THROW(load(odd));
  const auto folder = fresh_folder();
  expect_error([&] { find_results(folder); }, {"results", folder.string()});
  MadeRun cut;
  cut.gzip = true;
  write_results(folder, cut);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".gz")
      std::filesystem::resize_file(entry.path(), std::filesystem::file_size(entry.path()) / 2);
  expect_error([&] { load_results(find_results(folder)[0]); },
               {"damaged or cut short", ".jsonl.gz"});
}

TEST(CompareRuns, NamesThatMeanNothingAreErrors) {
  const auto runs = [] {
    std::vector<LoggedRun> out;
    for (const MadeRun& run : {MadeRun{}, half_right()}) {
      const auto folder = fresh_folder();
      write_results(folder, run);
      out.push_back(load_results(find_results(folder)[0]));
    }
    return out;
  };
  expect_error([&] { compare_runs(runs(), {{"mode"}, ""}); }, {"did you mean made?", ": mode"});
  expect_error([&] { compare_runs(runs(), {{}, "acx"}); }, {"did you mean acc?", ": acx"});
  EXPECT_EQ(compare_runs(runs(), {{"ma*"}, "acc,none"}).tests, 1);
}

}  // namespace
}  // namespace flm
