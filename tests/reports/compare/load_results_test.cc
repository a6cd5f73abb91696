// What is read of the folders that lm-evaluation-harness writes.
#include "reports/compare/logs/load_results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/system/files.h"
#include "tasks/scoring/translation_statistics.h"
#include "tests/reports/compare/made_results.h"

namespace flm {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(LoadResults, ValuesThatTheResultsDoNotSayAreTold) {
  MadeRun claims = half_right();
  claims.results = {{"results", {{"made", {{"acc,none", 0.9}}}}}};
  EXPECT_THAT(row_of(compare_made(MadeRun{}, claims)).notes,
              Contains(HasSubstr("reports acc 0.9")));
}

/// Two tasks of 20 and 10 items in a group, of which the results say `acc`; `edit` of each line of
/// the second.
LoggedRun grouped_run(
    double acc, const std::function<void(Json&)>& edit = [](Json&) {}, MadeRun run = half_right()) {
  Json other = run.config;
  other["task"] = "other";
  const Json more = run.results;
  run.results = {
      {"results", {{"other", {{"alias", " - other"}, {"acc,none", 0.8}}}}},
      {"groups", {{"both", {{"alias", "both"}, {"acc,none", acc}, {"acc_stderr,none", 0.1}}}}},
      {"group_subtasks", {{"both", {"made", "other"}}}},
      {"configs", {{"other", other}}},
      {"n-samples", {{"other", {{"original", 10}, {"effective", 10}}}}}};
  run.results.merge_patch(more);
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
    edit(line);
    text += line.dump() + "\n";
  }
  write_file_atomically(into / ("samples_other_" + run.date + ".jsonl"), text);
  return load_results(find_results(folder)[0]);
}

TEST(LoadResults, AGroupWeighsItsTasksAsTheResultsDo) {
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

// 10 of 20 and 8 of 10. What a group says of one metric says nothing of another.
TEST(LoadResults, AGroupWeighsEachMetricForItself) {
  const auto with_norm = [](Json& line) {
    line["metrics"] = {"acc", "acc_norm"};
    line["acc_norm"] = line["acc"];
  };
  MadeRun run = half_right();
  run.edit = with_norm;
  run.config["metric_list"].push_back(
      {{"metric", "acc_norm"}, {"aggregation", "mean"}, {"higher_is_better", true}});
  run.results = {
      {"results", {{"made", {{"acc_norm,none", 0.5}}}, {"other", {{"acc_norm,none", 0.8}}}}},
      {"groups", {{"both", {{"acc_norm,none", 18.0 / 30}}}}},
      {"higher_is_better",
       {{"made", {{"acc_norm", true}}}, {"other", {{"acc", true}, {"acc_norm", true}}}}}};
  const LoggedRun loaded = grouped_run(0.65, with_norm, run);
  EXPECT_FALSE(loaded.groups[0].weighs_by_size("acc", "none"));
  EXPECT_TRUE(loaded.groups[0].weighs_by_size("acc_norm", "none"));
  EXPECT_THAT(loaded.about.notes, IsEmpty());
  const auto rows = compare_runs({loaded, loaded}).contrasts.at(0).rows;
  std::map<std::string, double> values;
  for (const MetricComparison& metric : rows.at(0).metrics) values[metric.metric] = *metric.b;
  EXPECT_NEAR(values.at("acc"), 0.65, 1e-12);
  EXPECT_NEAR(values.at("acc_norm"), 18.0 / 30, 1e-12);
}

// As lm-evaluation-harness and a run's report count it: (0.5 + 0.5 + 0.8) / 3, 28 of 50 by size.
TEST(LoadResults, ATaskOfTwoPartsOfAGroupCountsTwice) {
  for (const bool by_size : {false, true}) {
    LoggedRun run = grouped_run(0.65);
    run.groups = {{"all", "", {"made", "both"}, true, by_size},
                  {"both", "", {"made", "other"}, true, by_size}};
    const ComparisonRow row = compare_runs({run, run}).contrasts.at(0).rows.at(0);
    EXPECT_NEAR(*row.metrics.at(0).b, by_size ? 28.0 / 50 : 0.6, 1e-12);
    EXPECT_EQ(row.metrics[0].n, 30) << "items";
    EXPECT_THAT(row.notes, Contains(HasSubstr("counts made more than once")));
  }
}

std::vector<ComparisonRow> rows_against(LoggedRun other) {
  return compare_runs({grouped_run(0.65), std::move(other)}).contrasts.at(0).rows;
}

// An aggregate with a missing member is none, whatever the member lacks.
TEST(LoadResults, AGroupIsItsTasksWhereOneCannotBeCompared) {
  const std::vector<ComparisonRow> whole = rows_against(grouped_run(0.65));
  ASSERT_EQ(whole.size(), 3U);
  EXPECT_TRUE(whole[0].pooled && whole[1].inside);
  LoggedRun lacking = grouped_run(0.65);
  std::erase_if(lacking.tasks, [](const LoggedTask& task) { return task.name == "other"; });
  const std::vector<ComparisonRow> rows = rows_against(std::move(lacking));
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_FALSE(rows[0].pooled);
  EXPECT_THAT(rows[0].metrics, IsEmpty());
  EXPECT_THAT(rows[0].notes,
              testing::ElementsAre("no figure of its own, for 1 of its 2 tasks cannot "
                                   "be compared, other the first"));
  EXPECT_FALSE(rows[1].inside) << "its other task stands for itself";
  EXPECT_TRUE(rows[1].metrics.at(0).difference);
}

TEST(LoadResults, AGroupNamesTheTaskThatHasNoFigure) {
  const auto unscored = [](Json& line) {
    if (line["doc_id"] != 3) return;
    line["status"] = "over_long";
    line["message"] = "needs 9 model inputs, the context has 8";
  };
  const ComparisonRow group = rows_against(grouped_run(0.65, unscored)).at(0);
  EXPECT_FALSE(group.metrics.at(0).difference);
  EXPECT_EQ(
      group.metrics[0].reason,
      "1 of 2 tasks have no figure, other the first: 1 of 10 items in common have no value in "
      "one of the runs (more than 1%); the first: over_long: needs 9 model inputs, the context "
      "has 8");
  const MetricComparison& pooled = group.metrics.at(1);
  EXPECT_EQ(pooled.metric, "acc_micro");
  EXPECT_EQ(pooled.reason, group.metrics[0].reason);
  EXPECT_EQ(pooled.n, 29) << "20 items and 9, as the report counts them";
}

// lm-evaluation-harness 0.4.13 logs numpy's text of the probabilities, in lines of 75 characters.
TEST(LoadResults, ReadsProbabilitiesThatAreLoggedAsNumpyPrintsThem) {
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

// lm-evaluation-harness logs [reference, answer] of a corpus metric; what it reports is its own.
TEST(LoadResults, CorpusMetricsAreMadeOfTheTextsThatAreLogged) {
  const Json golden = read_json_file(FLM_SOURCE_DIR "/tests/reports/compare/corpus_golden.json");
  MadeRun run;
  run.documents = static_cast<int>(golden["pairs"].size());
  run.config["output_type"] = "generate_until";
  run.config["metric_list"] = Json::array();
  for (const auto& [metric, value] : golden["values"].items()) {
    run.config["metric_list"].push_back({{"metric", metric}});
    run.results["results"]["made"][metric + ",none"] = value;
  }
  run.edit = [&](Json& line) {
    line["metrics"] = Json::array();
    for (const auto& [metric, value] : golden["values"].items()) {
      line["metrics"].push_back(metric);
      line[metric] = golden["pairs"].at(line["doc_id"].get<std::size_t>());
    }
  };
  const auto folder = fresh_folder();
  write_results(folder, run);
  const LoggedRun read = load_results(find_results(folder)[0], translation_statistics);
  EXPECT_THAT(read.tasks.at(0).notes, IsEmpty()) << "the samples give what the results report";
  ASSERT_EQ(read.tasks[0].metrics.size(), 4U);
  for (const LoggedMetric& metric : read.tasks[0].metrics) {
    const auto value = aggregate(metric.aggregation, metric.values);
    ASSERT_TRUE(value) << metric.metric;
    EXPECT_NEAR(*value, golden["values"][metric.metric].get<double>(), 1e-9) << metric.metric;
    EXPECT_EQ(metric.higher_is_better, metric.metric != "ter");
  }
}

TEST(LoadResults, NewestResultsCountAndGzipIsRead) {
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

TEST(LoadResults, TheDirectionIsTheTaskFilesWhereTheResultsDoNotSayIt) {
  MadeRun down = half_right();
  MadeRun up;
  for (MadeRun* run : {&down, &up}) {
    run->config["metric_list"][0]["higher_is_better"] = false;
    run->results = {{"higher_is_better", {{"made", nullptr}}}};
  }
  const Comparison comparison = compare_made(up, down);  // 1.0 to 0.5, and lower is better
  EXPECT_EQ(row_of(comparison).metrics.at(0).outcome, Outcome::kBetter);
}

TEST(LoadResults, AModelsFolderIsToldFromARunsFolder) {
  const auto folder = fresh_folder();
  expect_error([&] { find_results(folder); }, {"written by --output"});
  write_file_atomically(folder / "config.json", "{}");
  expect_error([&] { find_results(folder); }, {"a model's folder", "flmeval run --model"});
}

TEST(LoadResults, AMetricThatCannotBeReadIsNotDropped) {
  MadeRun texts = half_right();
  texts.edit = [](Json& line) {
    line["metrics"].push_back("bleu");
    line["bleu"] = {"a reference", "an answer"};
  };
  const Comparison comparison = compare_made(texts, texts);
  ASSERT_EQ(row_of(comparison).metrics.size(), 2u);
  EXPECT_THAT(row_of(comparison).metrics[1].reason, HasSubstr("20 of 20 items"));
}

TEST(LoadResults, DamagedFilesAreNamedWithTheirLine) {
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

}  // namespace
}  // namespace flm
