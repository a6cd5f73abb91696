// What is paired, and the figures of it. The figures are those of reports/statistics.
#include "reports/compare/compare_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "reports/compare/logs/load_results.h"
#include "tests/reports/compare/made_results.h"

namespace flm {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

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
  EXPECT_TRUE(acc.mean_of_items);
  EXPECT_DOUBLE_EQ(*acc.p, std::pow(0.5, 10));  // 2 P(X < 0) + P(X = 0), X ~ Bin(10, 1/2)
  EXPECT_DOUBLE_EQ(*acc.p_adjusted, *acc.p);    // one test
  EXPECT_EQ(acc.outcome, Outcome::kWorse);
  EXPECT_EQ(comparison.tests, 1);
  EXPECT_DOUBLE_EQ(row.margins_a.at(1), 0.75);  // -1.5 of the right choice, -2.25 of the others
  EXPECT_DOUBLE_EQ(row.margins_b.at(1), -0.75);
  EXPECT_EQ(comparison.runs.at(1).name, "half");
}

/// Four more log-likelihoods, all above the choices' own, as acc_mutual_info logs them.
TEST(CompareRuns, AMarginIsOfChoicesAloneWhereTheyWereAskedWithoutThePromptToo) {
  MadeRun a, b = half_right();
  a.edit = b.edit = [](Json& line) {
    for (int choice = 0; choice < 4; ++choice) {
      line["arguments"]["gen_args_" + std::to_string(4 + choice)] = {
          {"arg_0", ""}, {"arg_1", " choice " + std::to_string(choice)}};
      line["resps"].push_back(Json::array({Json::array({"-0.5", "False"})}));
    }
    line["metrics"].push_back("acc_mutual_info");
    line["acc_mutual_info"] = 0.0;
  };
  const Comparison comparison = compare_made(a, b);
  const ComparisonRow& row = row_of(comparison);
  EXPECT_DOUBLE_EQ(row.margins_a.at(1), 0.75);
  EXPECT_DOUBLE_EQ(row.margins_b.at(1), -0.75);
}

// The target is the text "1", which stands at 0, as lm_eval 0.4.13 has it of a column of texts.
TEST(CompareRuns, ATargetOfDigitsIsTheChoiceThatTheItemWasWorth) {
  MadeRun a, b = half_right();
  for (MadeRun* run : {&a, &b}) {
    const auto right = run->right;
    run->edit = [right](Json& line) {
      const bool hit = right(line["doc_id"].get<int>());
      line["target"] = "1";
      line["arguments"] = Json::object();
      for (const char* digit : {"1", "0"})
        line["arguments"]["gen_args_" + std::to_string(line["arguments"].size())] = {
            {"arg_0", line["doc"]["question"]}, {"arg_1", std::string(" ") + digit}};
      line["resps"] = Json::array();
      for (const char* value : {hit ? "-1.5" : "-2.25", hit ? "-2.25" : "-1.5"})
        line["resps"].push_back(Json::array({Json::array({value, "False"})}));
    };
  }
  const Comparison comparison = compare_made(a, b);
  const ComparisonRow& row = row_of(comparison);
  EXPECT_DOUBLE_EQ(row.margins_a.at(1), 0.75);
  EXPECT_DOUBLE_EQ(row.margins_b.at(1), -0.75);
  EXPECT_EQ(comparison.runs.at(0).texts->text("made", 1).gold, 0U);
  EXPECT_EQ(comparison.runs.at(1).texts->text("made", 1).gold, 0U);
}

/// The values of the first document in A and in B, where every line logs these.
std::pair<double, double> first_values(const std::string& metric, bool up, const Json& in_a,
                                       const Json& in_b) {
  MadeRun a, b = half_right();
  for (auto [run, logged] : {std::pair{&a, in_a}, std::pair{&b, in_b}}) {
    run->config["metric_list"] = {{{"metric", metric}, {"higher_is_better", up}}};
    run->results = {{"higher_is_better", {{"made", {{metric, up}}}}}};
    run->edit = [metric = metric, logged = logged](Json& line) {
      line["metrics"] = {metric};
      line[metric] = logged;
      line.erase("acc");
    };
  }
  const Comparison comparison = compare_made(a, b);
  const MetricComparison& compared = row_of(comparison).metrics.at(0);
  EXPECT_EQ(compared.metric, metric);
  EXPECT_EQ(compared.higher_is_better, up);
  EXPECT_FALSE(compared.mean_of_items);
  return {compared.values_a.at(0), compared.values_b.at(0)};
}

TEST(CompareRuns, AnItemsValueIsInTheMetricsUnitAndPointsItsWay) {
  using Values = std::pair<double, double>;
  EXPECT_EQ(first_values("f1", true, {0, 0}, {0, 1}), (Values{1, 0})) << "right, then wrong";
  EXPECT_EQ(first_values("mcc", true, {1, 0}, {1, 1}), (Values{0, 1}));
  const auto [less, more] = first_values("perplexity", false, -11.193, -11.920);
  EXPECT_DOUBLE_EQ(less, std::exp(11.193));
  EXPECT_DOUBLE_EQ(more, std::exp(11.920));
  const auto [bits_a, bits_b] = first_values("bits_per_byte", false, {-200, 100}, {-180, 100});
  EXPECT_DOUBLE_EQ(bits_a, 2 / std::numbers::ln2);
  EXPECT_DOUBLE_EQ(bits_b, 1.8 / std::numbers::ln2);
  const auto [edits_a, edits_b] = first_values("ter", false, {3, 4}, {4, 4});
  EXPECT_TRUE(std::isnan(edits_a) && std::isnan(edits_b)) << "counts of a corpus score";
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

/// lm-evaluation-harness numbers the documents of a list of samples by their place in the list.
TEST(CompareRuns, APartOfTheDocumentsUnderOtherIdsIsNoOtherData) {
  MadeRun part = half_right();
  part.edit_lines = [](std::vector<std::string>& lines) {
    std::vector<std::string> some;
    for (std::size_t document : {7u, 3u, 12u}) {
      Json line = Json::parse(lines[document]);
      line["doc_id"] = some.size();
      some.push_back(line.dump());
    }
    lines = some;
  };
  const ComparisonRow row = row_of(compare_made(MadeRun{}, part));
  EXPECT_EQ(row.verdict, Comparability::kPartly);
  EXPECT_EQ(row.items_in_common, 3);
  EXPECT_EQ(row.only_in[1], 0);
  EXPECT_THAT(row.notes,
              Contains(HasSubstr("a part of the other's documents; the same doc_id names "
                                 "another document 3 times")));
  EXPECT_THAT(row.notes, testing::Not(Contains(HasSubstr("the data differ"))));
}

TEST(CompareRuns, OtherDataIsComparedWhereItIsTheSame) {
  MadeRun fewer = half_right();
  fewer.documents = 15;
  fewer.results = {{"config", {{"limit", 15.0}}}};  // as lm-evaluation-harness writes it
  const Comparison comparison = compare_made(MadeRun{}, fewer);
  const ComparisonRow& row = row_of(comparison);
  EXPECT_EQ(row.verdict, Comparability::kPartly);
  EXPECT_EQ(row.items_in_common, 15);
  EXPECT_EQ(row.only_in[0], 5);
  EXPECT_EQ(row.only_in[1], 0);
  EXPECT_THAT(row.notes, Contains("limit: none and 15"));
  EXPECT_EQ(row.metrics[0].n, 15);
}

/// Pairing does not show a limit that both runs have.
TEST(CompareRuns, ALimitOfAllRunsStandsAbove) {
  const auto limited = [](MadeRun run, const Json& limit) {
    run.results = {{"config", {{"limit", limit}}}};
    return run;
  };
  const auto warnings = [&](const Json& of_a, const Json& of_b) {
    return compare_made(limited(MadeRun{}, of_a), limited(half_right(), of_b)).warnings;
  };
  EXPECT_THAT(warnings(20.0, 20.0),
              testing::ElementsAre(
                  "LIMITED: the runs have --limit 20: the first documents of each task, not all"));
  EXPECT_THAT(warnings(0.25, 0.25), testing::ElementsAre(HasSubstr("--limit 0.25:")));
  EXPECT_THAT(warnings(nullptr, nullptr), IsEmpty());
  EXPECT_THAT(warnings(20.0, nullptr), IsEmpty());  // told of each task
  EXPECT_THAT(warnings(21.0, 21.0), IsEmpty());     // no task has as many
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

TEST(CompareRuns, NamesTellTheRunsApart) {
  const auto folder = fresh_folder();
  std::vector<LoggedRun> runs;
  for (const char* part : {"old/seed1", "old/seed2", "new/seed1"}) {
    write_results(folder / part, MadeRun{});
    runs.push_back(load_results(find_results(folder / part)[0]));
  }
  runs.push_back(runs[0]);  // the same folder twice has one name
  const Comparison comparison = compare_runs(std::move(runs));
  std::vector<std::string> names;
  for (const ComparedRun& run : comparison.runs) names.push_back(run.name);
  EXPECT_THAT(names, testing::ElementsAre("old/seed1/made_model", "seed2/made_model",
                                          "new/seed1/made_model", "old/seed1/made_model"));
}

/// An empty name has no last part, and a folder with a slash behind it ends as the one without.
TEST(CompareRuns, NamesThatSayNothingAreShownAsTheyAre) {
  const auto folder = fresh_folder();
  write_results(folder, MadeRun{});
  const LoggedRun run = load_results(find_results(folder)[0]);
  std::vector<LoggedRun> runs(3, run);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    runs[i].about.model = runs[i].about.name = "";
    runs[i].about.origin = std::vector<std::string>{"a", "a/", "/"}[i];
  }
  const Comparison comparison = compare_runs(std::move(runs));
  EXPECT_EQ(comparison.runs.at(0).name, "a");
  EXPECT_EQ(comparison.runs.at(2).name, "/");
}

/// Below one folder, of three models: 20, 10 and 5 of 20 documents right.
std::vector<LoggedRun> three_runs() {
  const auto folder = fresh_folder();
  MadeRun third;
  third.model = "made/third";
  third.right = [](int document) { return document < 5; };
  std::vector<LoggedRun> runs;
  for (const MadeRun& run : {MadeRun{}, half_right(), third}) write_results(folder, run);
  for (const ResultsFiles& files : find_results(folder)) runs.push_back(load_results(files));
  return runs;
}

TEST(CompareRuns, SeveralModelsBelowOneFolderAreSeveralRuns) {
  std::vector<LoggedRun> runs = three_runs();
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

// Q would take every item of a passage as evidence of its own.
TEST(CompareRuns, ClusteredItemsHaveNoQ) {
  std::vector<LoggedRun> runs = three_runs();
  for (LoggedRun& run : runs)
    for (LoggedItem& item : run.tasks.at(0).items)
      item.cluster = "passage " + std::to_string(item.doc_id / 4);
  const Comparison comparison = compare_runs(std::move(runs));
  ASSERT_EQ(comparison.many.size(), 1u);
  EXPECT_EQ(comparison.many[0].q, std::nullopt);
  EXPECT_EQ(comparison.many[0].p, std::nullopt);
  EXPECT_EQ(comparison.many[0].cells.size(), 3u) << "pairs are tested by t over clusters";
}

/// A run in which all is right, and one of every second document.
std::vector<LoggedRun> two_runs() {
  std::vector<LoggedRun> runs;
  for (const MadeRun& run : {MadeRun{}, half_right()}) {
    const auto folder = fresh_folder();
    write_results(folder, run);
    runs.push_back(load_results(find_results(folder)[0]));
  }
  return runs;
}

void put_in_passages(LoggedTask& task) {
  for (LoggedItem& item : task.items) item.cluster = "passage " + std::to_string(item.doc_id / 4);
}

TEST(CompareRuns, ClustersThatOneRunRecordedAreThoseOfBoth) {
  for (const std::size_t with : {0u, 1u}) {
    std::vector<LoggedRun> runs = two_runs();
    put_in_passages(runs[with].tasks.at(0));
    EXPECT_EQ(row_of(compare_runs(std::move(runs))).metrics[0].clusters, 5) << with;
  }
}

TEST(CompareRuns, WithoutADirectionNothingIsTested) {
  std::vector<LoggedRun> runs = two_runs();
  for (LoggedRun& run : runs) run.tasks.at(0).metrics.at(0).direction_known = false;
  const MetricComparison acc = row_of(compare_runs(std::move(runs))).metrics[0];
  EXPECT_EQ(acc.difference, -0.5);
  EXPECT_EQ(acc.p, std::nullopt);
  EXPECT_EQ(acc.outcome, Outcome::kNotTested);
  EXPECT_EQ(acc.reason, "whether higher is better is not recorded");
}

// The ten flips have margins of 0.75 and -0.75, of log-likelihoods up to 2.25. Rounding takes them
// six times as far as one of that size; below 1 it is as of 1.
TEST(CompareRuns, FlipsLieWithinRoundingWhereBothMarginsDo) {
  const auto within = [](double of_a, double of_b, double size) {
    std::vector<LoggedRun> runs = two_runs();
    runs[0].rounding = of_a;
    runs[1].rounding = of_b;
    for (LoggedRun& run : runs)
      for (LoggedItem& item : run.tasks.at(0).items) item.size = size;
    return row_of(compare_runs(std::move(runs))).metrics[0].flips_within_rounding;
  };
  EXPECT_EQ(within(0.06, 0.06, 2.25), 10) << "6 * 0.06 * 2.25 is 0.81";
  EXPECT_EQ(within(0.05, 0.06, 2.25), 0) << "6 * 0.05 * 2.25 is 0.675";
  EXPECT_EQ(within(0.06, 0.05, 2.25), 0);
  EXPECT_EQ(within(0.13, 0.13, 0.5), 10) << "6 * 0.13 is 0.78";
  EXPECT_EQ(within(0.12, 0.12, 0.5), 0);
}

TEST(CompareRuns, AFolderOfOursTellsHowFarRoundingTakesItsItems) {
  const auto within = [](double rounding) {
    MadeRun a, b = half_right();
    a.results = b.results = {{"flmeval", {{"engine", {{"rounding", rounding}}}}}};
    return row_of(compare_made(a, b)).metrics[0].flips_within_rounding;
  };
  EXPECT_EQ(within(0.06), 10) << "6 * 0.06 * 2.25 is 0.81, as in the store";
  EXPECT_EQ(within(0.05), 0);
  EXPECT_EQ(row_of(compare_made(MadeRun{}, half_right())).metrics[0].flips_within_rounding,
            std::nullopt)
      << "not recorded";
}

/// Two tasks of a group with the same items, which `edit` makes different in both runs.
MetricComparison of_group(const std::function<void(LoggedTask& first, LoggedTask& second)>& edit,
                          bool by_size = true) {
  std::vector<LoggedRun> runs = two_runs();
  for (LoggedRun& run : runs) {
    run.tasks.push_back(run.tasks.at(0));
    run.tasks[1].name = "other";
    edit(run.tasks[0], run.tasks[1]);
    run.groups.push_back({"both", "", {"made", "other"}, true, by_size});
  }
  const Comparison comparison = compare_runs(std::move(runs));
  EXPECT_EQ(row_of(comparison).name, "both");
  return row_of(comparison).metrics.at(0);
}

TEST(CompareRuns, AnItemOfNoClusterIsOneOfItsOwnInAGroup) {
  const MetricComparison acc =
      of_group([](LoggedTask& first, LoggedTask&) { put_in_passages(first); });
  EXPECT_EQ(acc.n, 40);
  EXPECT_EQ(acc.clusters, 25) << "5 passages and 20 items";
  EXPECT_EQ(acc.test, "t over 25 clusters");
}

void keep_items(LoggedTask& task, std::size_t count) {
  task.items.resize(count);
  task.metrics.at(0).values.resize(count);
}

// B has 10 of 20 and 3 of 5 right: the mean is 0.55 with variance 1/4 (1/20 + 1/5) p (1 - p), of
// n = 16 effective items. scipy.stats.beta: ppf(0.025, 8.8, 8.2), ppf(0.975, 9.8, 7.2).
TEST(CompareRuns, AMeanOverTasksHasTheIntervalOfItsValue) {
  const auto few = [](std::size_t count) {
    return [count](LoggedTask&, LoggedTask& second) { keep_items(second, count); };
  };
  const MetricComparison mean = of_group(few(5), false);
  EXPECT_EQ(mean.test, "t, mean over tasks");
  EXPECT_DOUBLE_EQ(mean.b.value(), 0.55);
  EXPECT_NEAR(mean.low_b.value_or(0), 0.288061762934, 1e-9);
  EXPECT_NEAR(mean.high_b.value_or(0), 0.792938158044, 1e-9);
  // 10 of 20 and 1 of 1: a difference of one item has no error, but the value has its interval,
  // of n = 4 / (1 / 20 + 1).
  const MetricComparison single = of_group(few(1), false);
  EXPECT_EQ(single.p, std::nullopt);
  EXPECT_NEAR(single.low_b.value_or(0), 0.183182492870, 1e-9);
  EXPECT_NEAR(single.high_b.value_or(0), 0.994645642270, 1e-9);
}

TEST(CompareRuns, AGroupPoolsNoMetricsOfOtherMeaning) {
  EXPECT_EQ(of_group([](LoggedTask&, LoggedTask&) {}).difference, -0.5);
  for (const bool direction : {false, true}) {
    const MetricComparison mixed = of_group([&](LoggedTask&, LoggedTask& second) {
      if (direction) second.metrics.at(0).higher_is_better = false;
      if (!direction) second.metrics.at(0).aggregation = "median";
    });
    EXPECT_EQ(mixed.difference, std::nullopt);
    EXPECT_EQ(mixed.reason, "its tasks make this metric in different ways");
  }
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
