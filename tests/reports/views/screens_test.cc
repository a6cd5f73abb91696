// Views of a run against approved texts, within the columns of a terminal.
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

#include "base/files.h"
#include "base/json.h"
#include "reports/figures/display_width.h"
#include "reports/store/record_json.h"
#include "reports/views/csv.h"
#include "reports/views/latex.h"
#include "reports/views/markdown.h"
#include "reports/views/outputs.h"
#include "reports/views/terminal.h"
#include "tests/reports/views/approved_text.h"
#include "tests/reports/views/report_fixture.h"

namespace flm {
namespace {

using testing::HasSubstr;
using testing::Not;

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

TEST_F(ReportTest, ATaskThatStandsAloneHasItsOwnName) {
  add_accuracy("exam_law", "law", 4, 2);
  add_accuracy("exam_math", "math", 4, 2);
  const Report made = report({{"exam", "", "", {"exam_law"}, {"exam_law"}, {}}});
  const std::string text = render_terminal(made, 100), page = render_markdown(made);
  EXPECT_THAT(text, HasSubstr("\n  law "));
  EXPECT_THAT(text, HasSubstr("\nexam_math "));
  EXPECT_THAT(page, HasSubstr("| exam\\_math | 5 |"));
}

TEST_F(ReportTest, ShotsStandAtGroupsAndWhereTheirColumnFoundNoPlace) {
  add_accuracy("exam_law", "law", 4, 2);  // with 5 shots
  add_task("exam_math", "math", 0, 4, {{"none", "acc", "mean", true}});
  for (int i = 0; i < 4; ++i) put(sample("exam_math", i, "acc", {1}));
  add_accuracy("a_task_with_a_long_name", "", 4, 2);
  const Report made = report({{"exam",
                               "",
                               "",
                               {"exam_law", "exam_math"},
                               {"exam_law", "exam_math"},
                               {{"acc", {}, true}}}});
  EXPECT_THAT(render_markdown(made), HasSubstr("| exam | 0-5 | acc |"));
  EXPECT_THAT(render_csv(made), HasSubstr(",exam,,group,0,0-5,none,acc,"));
  const std::string narrow = render_terminal(made, 40);
  EXPECT_THAT(narrow, Not(HasSubstr("Shots")));
  EXPECT_THAT(narrow, HasSubstr("shots: 0-5 for exam; 5 for\n  a_task_with_a_long_name\n"));
  EXPECT_THAT(render_terminal(made, 100), Not(HasSubstr("shots: ")));
}

/// One document says nothing of an error, and a mean over it neither: the reason stands beside.
TEST_F(ReportTest, AMissingErrorHasItsReason) {
  const std::string bpb = "bpb@ctx64/stride32/prefix2/doc";
  add_task("bpb_en", "en", 0, 1, {{"none", bpb, "bpb", false}});
  put(sample("bpb_en", 0, bpb, {800, 1000, 250}));
  add_task("bpb_zh", "zh", 0, 2, {{"none", bpb, "bpb", false}});
  for (int i = 0; i < 2; ++i) put(sample("bpb_zh", i, bpb, {700.0 + i, 1000, 250}));
  const Report made =
      report({{"bpb", "", "", {"bpb_en", "bpb_zh"}, {"bpb_en", "bpb_zh"}, {{"bpb", {}, false}}}});
  const std::string text = render_terminal(made, 100, true);
  EXPECT_THAT(text, HasSubstr("no error: a single item in 1 of its 2 tasks"));
  EXPECT_THAT(text, HasSubstr("one item has no error"));
  const Json groups = parse_json(made.results_json, "results").at("groups");
  const Json& keys = groups.at("bpb");
  EXPECT_EQ(keys.at("bpb_macro_stderr,none"), "N/A");
  EXPECT_DOUBLE_EQ(keys.at("bpb_macro,none").get<double>(),
                   (0.8 + 1401.0 / 2000) / 2 / std::log(2.0));
  EXPECT_DOUBLE_EQ(keys.at("bpb_micro,none").get<double>(), 2201.0 / 3000 / std::log(2.0));
  EXPECT_EQ(keys.at("sample_count").at("bpb_micro,none"), 3);
}

TEST_F(ReportTest, BuiltInSamplesAreMarkedInCsv) {
  const std::string csv = render_csv(shown_demo());
  std::istringstream lines(csv);
  std::string line;
  std::getline(lines, line);
  EXPECT_TRUE(line.ends_with(",builtin_sample\r")) << line;
  for (int i = 0; i < 3 && std::getline(lines, line); ++i)
    EXPECT_TRUE(line.ends_with(",true\r")) << line;
}

TEST_F(ReportTest, CopiesThatDifferFromTheOfficialDataStandAboveTheFigures) {
  run_.options_json = R"({"data": {"root": "/data", "notes": [], "copies": ["hellaswag"]}})";
  add_accuracy("exam", "", 4, 2);
  const std::string warning =
      "NOT THE OFFICIAL DATA: copies that differ, see the notes (hellaswag)";
  const Report made = report();
  EXPECT_THAT(render_terminal(made, 100), testing::StartsWith(warning + "\n"));
  EXPECT_THAT(made.results_json, HasSubstr(warning));
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

class ChanceTest : public ReportTest {
 protected:
  void add_choice(const std::string& name, const Json& choices, int right) {
    TaskRecord task;
    task.task = name;
    task.version_json = "1.0";
    task.output_type = "multiple_choice";
    task.config_json = Json{{"doc_to_choice", choices}}.dump();
    task.docs_total = task.docs_chosen = 100;
    task.metrics = {{"none", "acc", "mean", true}};
    store_->put_task(run_.id, tasks_++, task);
    for (int i = 0; i < 100; ++i) put(sample(name, i, "acc", {i < right ? 1.0 : 0.0}));
  }
};

TEST_F(ChanceTest, IsNamedWhereATemplateIsAList) {
  add_choice("quoted", R"({{["no, never", 'yes']}})", 90);
  add_choice("columns", "{{[first, second.strip(' ,'), third]}}", 90);
  EXPECT_THAT(render_terminal(report(), 100),
              HasSubstr("chance is 0.33 for columns, 0.50 for quoted\n"));
}

TEST_F(ChanceTest, IsNotGuessedOfATemplateThatIsMore) {
  add_choice("sum", "{{[a] + [b]}}", 90);
  add_choice("column", "{{choices}}", 90);
  add_choice("name", "choices", 90);
  EXPECT_THAT(render_terminal(report(), 100), Not(HasSubstr("chance is")));
}

TEST_F(ChanceTest, IsNamedWhereTheTaskListsItsChoices) {
  for (const auto& [name, right] : {std::pair{"lucky", 26}, std::pair{"knows", 90}})
    add_choice(name, {"A", "B", "C", "D"}, right);
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

}  // namespace
}  // namespace flm
