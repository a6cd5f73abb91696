// Reports from records: rows, missing scores, BPB tables, views against approved texts, outputs.
#include "reports/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "approved_text.h"
#include "base/files.h"
#include "base/json.h"
#include "reports/figures/display_width.h"
#include "reports/figures/figures.h"
#include "reports/store/record_json.h"
#include "reports/views/csv.h"
#include "reports/views/latex.h"
#include "reports/views/markdown.h"
#include "reports/views/outputs.h"
#include "reports/views/terminal.h"

namespace flm {
namespace {

using testing::HasSubstr;
using testing::Not;

class ReportTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "flm_report_" + std::to_string(getpid());
    std::filesystem::create_directories(folder_);
    store_ = Store::open(folder_ + "/runs.db");
    run_.id = "2026-11-24T20-30-13-1f2e3d";
    run_.name = "baseline";
    run_.created = "2026-11-24T20:30:13Z";
    run_.status = "done";
    run_.model = "demo/nano";
    run_.weights_hash = "0123456789abcdef0123456789abcdef";
    run_.numerics = "fp32";
  }
  void TearDown() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  void add_task(const std::string& name, const std::string& alias, int shots, std::int64_t docs,
                std::vector<MetricRecord> metrics) {
    TaskRecord task;
    task.task = name;
    task.alias = alias;
    task.version_json = "1.0";
    task.num_fewshot = shots;
    task.docs_total = task.docs_chosen = docs;
    task.metrics = std::move(metrics);
    store_->put_task(run_.id, tasks_++, task);
  }
  SampleRecord sample(const std::string& task, std::int64_t doc, const std::string& metric,
                      std::vector<double> values) {
    SampleRecord out;
    out.task = task;
    out.doc_id = doc;
    out.filter = "none";
    out.values = {{metric, std::move(values)}};
    return out;
  }
  void put(const SampleRecord& one) { store_->put_sample(run_.id, one); }
  void add_accuracy(const std::string& name, const std::string& alias, int n, int right) {
    add_task(name, alias, 5, n, {{"none", "acc", "mean", true}});
    for (int i = 0; i < n; ++i) put(sample(name, i, "acc", {i < right ? 1.0 : 0.0}));
  }
  Report report(const std::vector<GroupRecord>& groups = {}) {
    run_.groups_json = encode_groups(groups);
    store_->update_run(run_);
    store_->commit();
    Report report = build_report(*store_, run_.id, bootstrap_iterations_);
    EXPECT_THAT(report.store_flag, HasSubstr(" --store /"));
    report.store_flag.clear();  // the store's place is another in each test
    return report;
  }
  /// A run with what the views must show: groups, Chinese, N/A, notes, BPB.
  Report shown() {
    add_accuracy("exam_law", "法律 law", 200, 90);
    add_accuracy("exam_math", "math | algebra", 30, 0);
    add_task("bpb_zh", "中文", 0, 3, {{"none", "bpb@ctx64/stride32/prefix2/doc", "bpb", false}});
    add_task("bpb_en", "English", 0, 3, {{"none", "bpb@ctx64/stride32/prefix2/doc", "bpb", false}});
    for (int i = 0; i < 3; ++i) {
      const double bytes = 1000.0 * (i + 1);
      put(sample("bpb_zh", i, "bpb@ctx64/stride32/prefix2/doc",
                 {bytes * (0.8 + 0.01 * i), bytes, bytes / 4}));
      put(sample("bpb_en", i, "bpb@ctx64/stride32/prefix2/doc",
                 {bytes * (0.6 + 0.02 * i), bytes, bytes / 5}));
    }
    add_task("long", "long", 0, 2, {{"none", "acc", "mean", true}});
    put(sample("long", 0, "acc", {1}));
    SampleRecord flagged = sample("long", 1, "acc", {});
    flagged.status = "over_long";
    flagged.message = "needs 3000 model inputs";
    flagged.values.clear();
    put(flagged);
    GroupRecord exam{"exam",
                     "exam",
                     "\"2\"",
                     {"exam_law", "exam_math"},
                     {"exam_law", "exam_math"},
                     {{"acc", {}, true}}};
    GroupRecord bpb{"bpb", "bpb", "", {"bpb_zh", "bpb_en"}, {"bpb_zh", "bpb_en"}, {}};
    return report({exam, bpb});
  }

  /// A limited run over built-in samples: a suite of a group of 57 subjects and a task alone.
  Report shown_demo() {
    run_.options_json = R"({"settings": {"limit": 4.0}})";
    run_.cost_json =
        R"({"seconds": 12.34, "rows_really_computed": 5000, "tokens_submitted": 9000})";
    GroupRecord exam{"exam", "exam", "", {}, {}, {{"acc", {}, true}}};
    for (int i = 0; i < 57; ++i) {
      const std::string name = "exam_subject_" + std::to_string(i);
      add_sample_task(name, "subject " + std::to_string(i), i == 7 ? 1 : 0);
      exam.children.push_back(name);
    }
    exam.leaves = exam.children;
    add_sample_task("alone", "", 0);
    GroupRecord suite{"suite", "", "", {"exam", "alone"}, exam.leaves, {}};
    suite.leaves.push_back("alone");
    return report({suite, exam});
  }
  void add_sample_task(const std::string& name, const std::string& alias, int over_long) {
    TaskRecord task;
    task.task = name;
    task.alias = alias;
    task.version_json = "1.0";
    task.num_fewshot = 5;
    task.docs_total = 100;
    task.docs_chosen = 4;
    task.builtin_sample = true;
    task.metrics = {{"none", "acc", "mean", true}};
    store_->put_task(run_.id, tasks_++, task);
    for (int i = 0; i < 4; ++i) {
      SampleRecord one = sample(name, i, "acc", {i == 0 ? 1.0 : 0.0});
      if (i < over_long) {
        one.status = "over_long";
        one.message = "needs 3000 model inputs";
        one.values.clear();
      }
      put(one);
    }
  }

  std::string folder_;
  std::unique_ptr<Store> store_;
  RunRecord run_;
  int bootstrap_iterations_ = kBootstrapIterations;
  int tasks_ = 0;
};

TEST_F(ReportTest, OurOwnMetricsStandBesideTheTaskFilesAndNotInItsPlace) {
  add_task("exam", "exam", 0, 2,
           {{"none", "acc", "mean", true}, {"none", "gold_prob", "mean", true, true}});
  for (int i = 0; i < 2; ++i) {
    SampleRecord one = sample("exam", i, "acc", {1});
    one.values.push_back({"gold_prob", {0.25 + 0.5 * i}});
    put(one);
  }
  const GroupRecord all{"all", "all", "", {"exam"}, {"exam"}, {{"acc", {}, true}}};
  const Report made = report({all});
  const Json results = parse_json(made.results_json, "results");
  EXPECT_FALSE(results["results"]["exam"].contains("gold_prob,none"));
  EXPECT_FALSE(results["results"]["all"].contains("gold_prob,none"));
  EXPECT_FALSE(results["higher_is_better"]["exam"].contains("gold_prob"));
  EXPECT_THAT(render_terminal(made, 100, true), Not(HasSubstr("gold_prob")));
  EXPECT_THAT(render_csv(made), HasSubstr("gold_prob"));
  for (const ReportRow& row : made.rows) {
    ASSERT_EQ(row.scores.size(), 2u) << row.name;
    EXPECT_EQ(row.scores[1].metric, "gold_prob");
    EXPECT_TRUE(row.scores[1].beside);
    EXPECT_DOUBLE_EQ(*row.scores[1].value, 0.5);
  }
  write_outputs(*store_, made, folder_ + "/out", true, LogPrompts::kDefault);
  EXPECT_THAT(read_file(folder_ + "/out/samples_exam.jsonl"), HasSubstr("\"metrics\":[\"acc\"]"));
}

TEST_F(ReportTest, ViewsAreTheApprovedTexts) {
  const Report shown_report = shown();
  for (const int columns : {40, 60, 80, 100, 200})
    expect_baseline("report_" + std::to_string(columns) + ".txt",
                    render_terminal(shown_report, columns));
  expect_baseline("report_all.txt", render_terminal(shown_report, 80, true));
  expect_baseline("report.latex", render_latex(shown_report));
  expect_baseline("report.md", render_markdown(shown_report));
  expect_baseline("report.csv", render_csv(shown_report));
}

TEST_F(ReportTest, AScreenIsWithinItsColumnsAndADemoNeverLooksLikeAResult) {
  const Report demo = shown_demo();
  for (const int columns : {40, 60, 80, 100, 200})
    expect_baseline("demo_" + std::to_string(columns) + ".txt", render_terminal(demo, columns));
  expect_baseline("demo_all.txt", render_terminal(demo, 80, true));
  expect_baseline("demo.md", render_markdown(demo));
  for (const int columns : {40, 60, 80, 100})
    for (const bool all : {false, true}) {
      std::istringstream lines(render_terminal(demo, columns, all));
      for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("  flmeval ")) continue;  // it is pasted: nothing breaks it
        EXPECT_LE(display_width(line), static_cast<std::size_t>(columns)) << line;
      }
    }
  const std::string text = render_terminal(demo, 80);
  EXPECT_TRUE(text.starts_with("* NOT A BENCHMARK RESULT")) << text;
  EXPECT_THAT(text, HasSubstr("LIMITED: the first 4 documents"));
  EXPECT_THAT(text, Not(HasSubstr("subject 7"))) << "57 subjects are folded";
  EXPECT_THAT(text, HasSubstr("57 tasks below exam"));
  EXPECT_THAT(text, HasSubstr("alone")) << "no figure of the suite stands for this task";
  EXPECT_THAT(render_terminal(demo, 80, true), HasSubstr("subject 7"));
}

TEST_F(ReportTest, RowsStandInTheOrderInWhichTheyWereAskedFor) {
  add_accuracy("first", "", 4, 2);
  add_accuracy("exam_law", "law", 4, 2);
  add_accuracy("last", "", 4, 2);
  const GroupRecord exam{"exam", "exam", "", {"exam_law"}, {"exam_law"}, {{"acc", {}, true}}};
  std::vector<std::string> names;
  for (const ReportRow& row : report({exam}).rows) names.push_back(row.name);
  EXPECT_THAT(names, testing::ElementsAre("first", "exam", "exam_law", "last"));
}

TEST_F(ReportTest, ChanceIsNamedWhereTheTaskListsItsChoices) {
  for (const auto& [name, right] : {std::pair{"lucky", 26}, std::pair{"knows", 90}}) {
    TaskRecord task;
    task.task = name;
    task.version_json = "1.0";
    task.output_type = "multiple_choice";
    task.config_json = R"({"doc_to_choice": ["A", "B", "C", "D"]})";
    task.docs_total = task.docs_chosen = 100;
    task.metrics = {{"none", "acc", "mean", true}};
    store_->put_task(run_.id, tasks_++, task);
    for (int i = 0; i < 100; ++i) put(sample(name, i, "acc", {i < right ? 1.0 : 0.0}));
  }
  EXPECT_THAT(render_terminal(report(), 100),
              HasSubstr("chance is 0.25 for lucky and knows; no better than chance here: lucky\n"));
}

TEST_F(ReportTest, ChanceIsNotGuessed) {
  EXPECT_THAT(render_terminal(shown(), 100), Not(HasSubstr("chance is")));
}

TEST_F(ReportTest, AReportCarriesHowItWasMade) {
  run_.options_json =
      R"({"arguments": ["run", "--model=demo/nano", "--name=it's"], "folder": "/home/me",
          "settings": {"limit": 4.0}, "data": {"root": "/data", "notes":
          ["data set wikitext: not WikiText-2"]}})";
  run_.cost_json = R"({"seconds": 12.34, "rows_really_computed": 5000, "tokens_submitted": 9000})";
  run_.engine_json = R"({"weight_dtype": "BF16", "device": "cpu", "isa": "avx512"})";
  add_accuracy("exam", "", 4, 2);
  const Report made = report();
  const std::string text = render_markdown(made);
  EXPECT_THAT(text, HasSubstr("flmeval run --model=demo/nano"));
  EXPECT_THAT(text, HasSubstr("first 4 documents of each task"));
  EXPECT_THAT(text, HasSubstr("BF16 weights, computed as fp32, cpu, avx512"));
  EXPECT_THAT(text, HasSubstr("| data | /data; data set wikitext: not WikiText-2 |"));
  EXPECT_THAT(text, HasSubstr("12.3 s, 5,000 tokens computed of 9,000"));
  EXPECT_THAT(render_terminal(made, 100), HasSubstr("note: data set wikitext: not WikiText-2"));
  EXPECT_THAT(made.results_json, HasSubstr("not WikiText-2"));
}

TEST_F(ReportTest, GroupsComeBeforeTheirChildren) {
  const Report r = shown();
  std::vector<std::string> names;
  for (const ReportRow& row : r.rows) names.push_back(std::to_string(row.depth) + row.name);
  EXPECT_THAT(names, testing::ElementsAre("0exam", "1exam_law", "1exam_math", "0bpb", "1bpb_zh",
                                          "1bpb_en", "0long"));
}

TEST_F(ReportTest, BpbOfDomainsIsMacroAndMicro) {
  const Report r = shown();
  const auto& scores = r.rows.at(3).scores;
  ASSERT_EQ(scores.size(), 3U);
  EXPECT_EQ(scores[0].metric, "bpb_macro");
  EXPECT_EQ(scores[1].metric, "bpb_micro");
  const double zh = *r.rows.at(4).scores.at(0).value, en = *r.rows.at(5).scores.at(0).value;
  EXPECT_DOUBLE_EQ(*scores[0].value, (zh + en) / 2);
  EXPECT_NEAR(*scores[1].value, (zh * 6000 + en * 6000) / 12000, 1e-12);
  EXPECT_DOUBLE_EQ(*scores[2].value, (1500.0 + 1200) / 12000);
  EXPECT_DOUBLE_EQ(*r.rows.at(4).scores.at(1).value, 0.25);
}

TEST_F(ReportTest, AMixtureWeighsTheDomains) {
  const std::string metric = "bpb@ctx64/stride32/prefix2/doc";
  for (const std::string name : {"bpb_zh", "bpb_en"}) {
    add_task(name, name, 0, 3, {{"none", metric, "bpb", false}});
    for (int i = 0; i < 3; ++i) {
      const double bytes = 1000.0 * (i + 1), rate = name == "bpb_zh" ? 0.8 : 0.5;
      put(sample(name, i, metric, {bytes * (rate + 0.01 * i), bytes, bytes / 4}));
    }
  }
  GroupRecord group{"bpb", "bpb", "", {"bpb_zh", "bpb_en"}, {"bpb_zh", "bpb_en"}, {}};
  group.mixtures = {{"mine", "a test", {{"bpb_zh", 1}, {"bpb_en", 3}}},
                    {"wider", "", {{"bpb_zh", 1}, {"bpb_code", 1}}}};
  const Report r = report({group});
  const auto& scores = r.rows.at(0).scores;
  ASSERT_EQ(scores.size(), 5U);  // macro, micro, two mixtures, tokens per byte
  const Score &zh = r.rows.at(1).scores.at(0), &en = r.rows.at(2).scores.at(0);
  EXPECT_EQ(scores[2].metric, "bpb_mine");
  EXPECT_NEAR(*scores[2].value, 0.25 * *zh.value + 0.75 * *en.value, 1e-15);
  EXPECT_NEAR(*scores[2].stderr_value, std::hypot(0.25 * *zh.stderr_value, 0.75 * *en.stderr_value),
              1e-15);
  EXPECT_EQ(scores[2].n, 6);
  EXPECT_FALSE(scores[3].value);
  EXPECT_THAT(scores[3].reason, testing::HasSubstr("bpb_code"));
  EXPECT_THAT(r.notes, testing::Contains("bpb_mine = 25.00% bpb_zh + 75.00% bpb_en; a test"));
}

TEST_F(ReportTest, FewFlaggedItemsAreLeftOutManyMakeTheTaskMissing) {
  for (const int flagged : {2, 3}) {  // of 200: 1% and more
    const std::string name = "t" + std::to_string(flagged);
    add_task(name, name, 0, 200, {{"none", "acc", "mean", true}});
    for (int i = 0; i < 200; ++i) {
      SampleRecord one = sample(name, i, "acc", {1});
      if (i < flagged) {
        one.status = "over_long";
        one.message = "needs " + std::to_string(i == 1 ? 9000 : 2100) + " model inputs";
        one.values.clear();
      }
      put(one);
    }
  }
  const Report r = report({{"g", "g", "", {"t2", "t3"}, {"t2", "t3"}, {{"acc", {}, true}}}});
  EXPECT_FALSE(r.rows.at(0).scores.at(0).value.has_value()) << "a missing member";
  EXPECT_THAT(r.rows[0].scores[0].reason, HasSubstr("1 of 2 members"));
  EXPECT_EQ(r.rows.at(1).scores.at(0).value, 1.0);
  EXPECT_EQ(r.rows[1].n, 198);
  EXPECT_EQ(r.rows[1].flagged, 2);
  EXPECT_FALSE(r.rows.at(2).scores.at(0).value.has_value());
  EXPECT_THAT(r.rows[2].scores[0].reason, HasSubstr("3 of 200 items are over-long"));
  const Json results = parse_json(r.results_json, "results.json");
  EXPECT_EQ(results.at("results").at("t3").at("acc,none"), "N/A");
  EXPECT_EQ(results.at("groups").at("g").at("acc,none"), "N/A");
  EXPECT_THAT(r.notes, testing::Contains(HasSubstr("the longest needs 9000 model inputs")));
  EXPECT_EQ(results.at("results").at("t3").at("sample_len"), 200);
}

TEST_F(ReportTest, AnUnfinishedMemberMakesItsGroupMissing) {
  run_.status = "interrupted";
  add_accuracy("done", "done", 50, 25);
  add_task("half", "half", 0, 50, {{"none", "acc", "mean", true}});
  for (int i = 0; i < 10; ++i) put(sample("half", i, "acc", {1}));
  const Report r =
      report({{"g", "g", "", {"done", "half"}, {"done", "half"}, {{"acc", {}, true}}}});
  EXPECT_FALSE(r.rows.at(0).scores.at(0).value.has_value());
  EXPECT_EQ(r.rows.at(2).scores.at(0).value, 1.0);
  EXPECT_THAT(r.notes, testing::Contains(HasSubstr("half: 10 of 50 items are done")));
  EXPECT_FALSE(parse_json(r.results_json, "r").at("task_hashes").contains("half"));
}

TEST_F(ReportTest, ResultsDoNotDependOnTheOrderOfPuts) {
  add_accuracy("t", "t", 50, 25);
  const Json first = parse_json(report().results_json, "r");
  for (int i = 49; i >= 0; --i) put(sample("t", i, "acc", {i < 25 ? 1.0 : 0.0}));
  EXPECT_EQ(parse_json(report().results_json, "r").at("results").dump(),
            first.at("results").dump());
}

TEST_F(ReportTest, BootstrapsComeAtTheEndAndOnce) {
  add_task("t", "t", 0, 2000, {{"none", "ppl", "perplexity", false}});
  for (int i = 0; i < 2000; ++i) put(sample("t", i, "ppl", {-0.001 * i}));
  bootstrap_iterations_ = 10'000;
  run_.status = "running";
  EXPECT_EQ(report().rows.at(0).scores.at(0).stderr_value, std::nullopt);
  run_.status = "done";
  const auto seconds_of = [&](Report& out) {
    const auto start = std::chrono::steady_clock::now();
    out = report();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  Report first, second;
  const double computed = seconds_of(first), remembered = seconds_of(second);
  ASSERT_TRUE(first.rows.at(0).scores.at(0).stderr_value.has_value());
  EXPECT_EQ(first.results_json, second.results_json);
  EXPECT_LT(remembered, computed / 2);
}

TEST_F(ReportTest, ResultsAreDatedInSeconds) {
  add_accuracy("t", "t", 2, 1);
  EXPECT_EQ(parse_json(report().results_json, "r").at("date"), 1795552213.0);
}

TEST_F(ReportTest, ClustersOfItemsWidenAGroupsInterval) {
  for (const std::string name : {"a", "b"}) {
    add_task(name, name, 0, 100, {{"none", "acc", "mean", true}});
    for (int i = 0; i < 100; ++i) {
      SampleRecord one = sample(name, i, "acc", {i % 50 < 25 ? 1.0 : 0.0});
      one.cluster = name + std::to_string(i / 25);  // all items of a cluster agree
      put(one);
    }
  }
  const Report r = report({{"g", "g", "", {"a", "b"}, {"a", "b"}, {{"acc", {}, true}}}});
  const Score& score = r.rows.at(0).scores.at(0);
  EXPECT_THAT(score.interval, HasSubstr("clustered, "));
  EXPECT_THAT(score.interval, HasSubstr("t with 6 df"));  // twice 4 - 1
  EXPECT_GT(*score.high - *score.low, 4 * *score.stderr_value * 2);
  EXPECT_GE(*score.low, 0);
  EXPECT_LE(*score.high, 1);
}

TEST_F(ReportTest, AGroupOfOneTaskHasItsInterval) {
  add_accuracy("t", "t", 3, 2);
  const Report r = report({{"g", "g", "", {"t"}, {"t"}, {{"acc", {}, true}}}});
  const Score &group = r.rows.at(0).scores.at(0), &task = r.rows.at(1).scores.at(0);
  EXPECT_EQ(group.low, task.low);
  EXPECT_EQ(group.high, task.high);
  EXPECT_EQ(group.interval, task.interval);
}

// 0.5 of 2 items; the beside figure is of all 4.
TEST_F(ReportTest, OurFiguresBesideATasksDoNotEnterItsGroups) {
  add_task("own", "own", 0, 2, {{"none", "acc_norm", "mean", true}});
  add_task("beside", "beside", 0, 2, {{"none", "acc_norm", "mean", true, true}});
  for (int i = 0; i < 2; ++i) {
    put(sample("own", i, "acc_norm", {i == 0 ? 1.0 : 0.0}));
    put(sample("beside", i, "acc_norm", {1}));
  }
  const Report r = report({{"g",
                            "g",
                            "",
                            {"own", "beside"},
                            {"own", "beside"},
                            {{"acc_norm", {}, true}, {"acc_nrom", {}, true}}}});
  const std::vector<Score>& scores = r.rows.at(0).scores;
  EXPECT_EQ(scores.at(0).value, 0.5);
  EXPECT_EQ(scores.at(0).n, 2);
  EXPECT_EQ(scores.at(1).metric, "acc_nrom");
  EXPECT_EQ(scores.at(1).value, std::nullopt);
  EXPECT_THAT(scores.at(1).reason, HasSubstr("no member has this metric"));
  EXPECT_THAT(r.notes, ::testing::Contains(HasSubstr("acc_norm (none) is of the members that have "
                                                     "it; without it: beside")));
}

TEST_F(ReportTest, ResultsCarryHashesCostAndNotes) {
  run_.cost_json = R"({"requests": 4})";
  run_.tokenizer_hash = "tok";
  add_accuracy("t", "t", 2, 1);
  const Json own = parse_json(report().results_json, "r").at("flmeval");
  EXPECT_EQ(own.at("cost").at("requests"), 4);
  EXPECT_EQ(own.at("hashes").at("t").at("tokenizer"), "tok");
  for (const char* key : {"weights", "data", "prompts", "protocol", "numerics"})
    EXPECT_TRUE(own.at("hashes").at("t").contains(key)) << key;
  EXPECT_EQ(own.at("rows").at(0).at("scores").at(0).at("interval"), "Clopper-Pearson");
}

TEST_F(ReportTest, SamplesAreLoggedAsLmEvalDoes) {
  add_task("dir/任务", "t", 0, 5, {{"none", "acc", "mean", true}});
  for (int i = 0; i < 5; ++i) {
    SampleRecord one = sample("dir/任务", i, "acc", {1});
    one.doc_json = R"({"q": "1+1"})";
    one.target = "2";
    one.arguments_json = R"([["prompt text", " 2"], ["prompt text", " 3"]])";
    one.resps_json = R"([[["-1.5", "True"]], [["-2.5", "False"]]])";
    one.filtered_json = R"([["-1.5", "True"], ["-2.5", "False"]])";
    one.doc_hash = "d";
    one.prompt_hash = "p";
    one.target_hash = "t";
    put(one);
  }
  const Report r = report();
  write_outputs(*store_, r, folder_ + "/out", true, LogPrompts::kDefault);
  EXPECT_EQ(read_file(folder_ + "/out/report.md"), render_markdown(r));
  EXPECT_EQ(read_file(folder_ + "/out/results.json"), r.results_json + "\n");
  std::vector<std::string> logs;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ + "/out"))
    if (entry.path().extension() == ".jsonl") logs.push_back(entry.path().string());
  ASSERT_EQ(logs.size(), 1U);
  EXPECT_THAT(logs[0], HasSubstr("/samples_dir_______-"));
  std::ifstream log(logs[0]);
  std::string line;
  std::vector<Json> rows;
  while (std::getline(log, line)) rows.push_back(parse_json(line, "log"));
  ASSERT_EQ(rows.size(), 5U);
  EXPECT_EQ(rows[0].dump(),
            R"({"doc_id":0,"doc":{"q":"1+1"},"target":"2","arguments":{"gen_args_0":{"arg_0":)"
            R"("prompt text","arg_1":" 2"},"gen_args_1":{"arg_0":"prompt text","arg_1":" 3"}},)"
            R"("resps":[[["-1.5","True"]],[["-2.5","False"]]],"filtered_resps":[["-1.5","True"],)"
            R"(["-2.5","False"]],"filter":"none","metrics":["acc"],"doc_hash":"d","prompt_hash":)"
            R"("p","target_hash":"t","acc":1.0})");
  EXPECT_EQ(rows[2].at("arguments").at("gen_args_1").at("arg_0"), "prompt text");
  EXPECT_THAT(rows[3].at("arguments").at("gen_args_1").at("arg_0").get<std::string>(),
              testing::StartsWith("sha256:"));
  EXPECT_EQ(rows[3].at("arguments").at("gen_args_1").at("arg_1"), " 3");
  write_outputs(*store_, r, folder_ + "/out", true, LogPrompts::kNone);
  EXPECT_THAT(read_file(logs[0]), Not(HasSubstr("prompt text")));
}

TEST(Figures, ShowTheDigitsThatTheErrorSupports) {
  Score score;
  EXPECT_EQ(value_text(score), "N/A") << "missing is not 0";
  score.value = 0.239473;
  EXPECT_EQ(value_text(score), "0.2395") << "no error known: four digits";
  score.stderr_value = 0.01266;
  EXPECT_EQ(value_text(score) + " " + error_text(score), "0.239 0.013");
  score.stderr_value = 0.00996;
  EXPECT_EQ(value_text(score) + " " + error_text(score), "0.239 0.010");
  score.value = 29278.6;
  score.stderr_value = 28822;
  EXPECT_EQ(value_text(score) + " " + error_text(score), "29279 28822");
  score.value = 0;
  score.stderr_value = 0;
  score.low = 0;
  score.high = 0.12;
  EXPECT_EQ(value_text(score) + " " + interval_text(score), "0.000 0.000 to 0.120");
}

TEST(DisplayWidth, FollowsEastAsianWidth) {
  EXPECT_EQ(display_width("law"), 3U);
  EXPECT_EQ(display_width("法律"), 4U);
  EXPECT_EQ(display_width("Ａ"), 2U) << "full-width letter";
  EXPECT_EQ(display_width("e\u0301"), 1U) << "letter and combining accent";
  EXPECT_EQ(display_width("😀"), 2U);
  EXPECT_EQ(display_width("👩‍🚀"), 2U) << "joined";
  EXPECT_EQ(display_width("👍🏽"), 2U) << "with a skin tone";
  EXPECT_EQ(display_width("❤️"), 2U) << "emoji style";
  EXPECT_EQ(terminal_safe("a\x1b[31m\n"), "a\\x1b[31m\\x0a");
  EXPECT_EQ(terminal_safe("\xff"), "\xEF\xBF\xBD");
}

}  // namespace
}  // namespace flm
