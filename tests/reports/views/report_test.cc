// Reports from records: rows, missing scores, BPB tables, outputs.
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

#include "base/documents/json.h"
#include "base/system/files.h"
#include "reports/figures/figures.h"
#include "reports/store/record_json.h"
#include "reports/views/csv.h"
#include "reports/views/latex.h"
#include "reports/views/markdown.h"
#include "reports/views/outputs.h"
#include "reports/views/terminal.h"
#include "tests/reports/views/report_fixture.h"

namespace flm {
namespace {

using testing::HasSubstr;
using testing::Not;

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
  EXPECT_THAT(render_terminal(made, {100, true}), Not(HasSubstr("gold_prob")));
  EXPECT_THAT(render_csv(made), HasSubstr("gold_prob"));
  for (const ReportRow& row : made.rows) {
    ASSERT_EQ(row.scores.size(), 2u) << row.name;
    EXPECT_EQ(row.scores[1].metric, "gold_prob");
    EXPECT_TRUE(row.scores[1].beside);
    EXPECT_DOUBLE_EQ(*row.scores[1].value, 0.5);
  }
  write_outputs(*store_, made, folder_ / "out", true, LogPrompts::kDefault);
  EXPECT_THAT(read_file(folder_ / "out/samples_exam.jsonl"), HasSubstr("\"metrics\":[\"acc\"]"));
}

TEST_F(ReportTest, GroupsComeBeforeTheirChildren) {
  const Report r = shown();
  std::vector<std::string> names;
  for (const ReportRow& row : r.rows) names.push_back(std::to_string(row.depth) + row.name);
  EXPECT_THAT(names, testing::ElementsAre("0exam", "1exam_law", "1exam_math", "0bpb", "1bpb_zh",
                                          "1bpb_en", "0long"));
}

TEST_F(ReportTest, AnOutlineHasTheOutermostRowsWithTheSameTexts) {
  const Report whole = shown();
  const Report outline = build_outline(*store_, run_);
  EXPECT_EQ(outline.warnings, whole.warnings);
  EXPECT_EQ(outline.results_json, "");
  auto row = outline.rows.begin();
  for (const ReportRow& of : whole.rows) {
    if (of.depth > 0) continue;
    ASSERT_NE(row, outline.rows.end());
    EXPECT_EQ(row->name, of.name);
    ASSERT_EQ(row->scores.size(), of.scores.size());
    for (std::size_t s = 0; s < of.scores.size(); ++s)
      EXPECT_EQ(value_text(row->scores[s]), value_text(of.scores[s])) << of.name;
    ++row;
  }
  EXPECT_EQ(row, outline.rows.end());
}

TEST_F(ReportTest, CsvAndJsonSayWhyAnErrorIsMissing) {
  add_accuracy("one", "", 1, 1);
  const Report of = report();
  EXPECT_THAT(render_csv(of), testing::HasSubstr(",one item has no error\r\n"));
  EXPECT_THAT(of.results_json, testing::HasSubstr("\"stderr_reason\": \"one item has no error\""));
}

/// lm_eval calls the version of a file that says none "Yaml", a text.
TEST_F(ReportTest, AVersionThatIsATextHasNoQuotes) {
  TaskRecord task;
  task.task = "one";
  task.version_json = "\"Yaml\"";
  task.docs_total = task.docs_chosen = 1;
  task.metrics = {{"none", "acc", "mean", true}};
  store_->put_task(run_.id, tasks_++, task);
  put(sample("one", 0, "acc", {1.0}));
  const Report of = report();
  EXPECT_THAT(render_csv(of), testing::HasSubstr(",Yaml,"));
  EXPECT_THAT(render_markdown(of), testing::HasSubstr("| Yaml "));
  EXPECT_THAT(of.results_json, testing::HasSubstr("\"one\": \"Yaml\""));
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
  EXPECT_THAT(r.rows[0].scores[0].reason,
              HasSubstr("1 of 2 tasks without a final score, t3 the first; "
                        "the longest prompt needs 9000 model inputs"));
  EXPECT_EQ(r.rows.at(1).scores.at(0).value, 1.0);
  EXPECT_EQ(r.rows[1].n, 198);
  EXPECT_EQ(r.rows[1].flagged, 2);
  EXPECT_FALSE(r.rows.at(2).scores.at(0).value.has_value());
  EXPECT_THAT(r.rows[2].scores[0].reason, HasSubstr("3 of 200 prompts exceed the context"));
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
  const Score running = report().rows.at(0).scores.at(0);
  EXPECT_EQ(running.stderr_value, std::nullopt);
  EXPECT_EQ(running.error_reason, "it is bootstrapped when the run is done");
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
  write_outputs(*store_, r, folder_ / "out", true, LogPrompts::kDefault);
  EXPECT_EQ(read_file(folder_ / "out/report.md"), render_markdown(r));
  EXPECT_EQ(read_file(folder_ / "out/results.json"), r.results_json + "\n");
  std::vector<std::string> logs;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "out"))
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
  write_outputs(*store_, r, folder_ / "out", true, LogPrompts::kNone);
  EXPECT_THAT(read_file(logs[0]), Not(HasSubstr("prompt text")));
}

}  // namespace
}  // namespace flm
