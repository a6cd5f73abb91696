// Several runs in one table: what stands in a row, and what is said of it.
#include "reports/views/runs_table.h"

#include "tests/reports/views/report_fixture.h"

namespace flm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Score score(const std::string& metric, double value) {
  Score out;
  out.metric = metric;
  out.filter = "none";
  out.value = value;
  out.stderr_value = 0.01;
  return out;
}

ReportRow row(const std::string& name, int depth, bool is_group, std::vector<Score> scores) {
  ReportRow out;
  out.name = name;
  out.depth = depth;
  out.is_group = is_group;
  out.scores = std::move(scores);
  return out;
}

TaskRecord task(const std::string& name, int shots) {
  TaskRecord out;
  out.task = name;
  out.num_fewshot = shots;
  out.docs_chosen = out.docs_total = 100;
  out.prompts_hash = "p" + std::to_string(shots);
  return out;
}

Report of_run(const std::string& name, int shots) {
  Report out;
  out.run.id = "2026-11-24T20-30-13-00000" + name.substr(name.size() - 1);
  out.run.name = name;
  out.run.status = "done";
  out.run.model = "demo/nano";
  out.tasks = {task("arc", shots), task("law", 5)};
  out.rows = {row("arc", 0, false, {score("acc", 0.25)}), row("law", 0, false, {})};
  out.rows[0].num_fewshot = shots;
  out.rows[1].num_fewshot = 5;
  return out;
}

TEST(RunsTable, ARowOfDifferentPromptsSaysSo) {
  const std::vector<Report> alike = {of_run("a1", 5), of_run("b2", 5)};
  EXPECT_THAT(runs_table_text(alike, true, 0), Not(HasSubstr("NOT ALIKE")));
  std::vector<Report> unlike = {of_run("a1", 0), of_run("b2", 5)};
  const std::string text = runs_table_text(unlike, true, 0);
  EXPECT_THAT(text, HasSubstr("NOT ALIKE in all runs: shots (0, 5) of arc\n"));
  EXPECT_THAT(text, HasSubstr("\n  flmeval compare 2026-11-24T20-30-13-000001 "
                              "2026-11-24T20-30-13-000002\n"));
  const RunsTable table = make_runs_table(unlike, true);
  EXPECT_THAT(table.columns, ElementsAre("Task", "Metric", "Shots", "a1", "b2"));
  EXPECT_EQ(table.lines[0][2], "0, 5");
  EXPECT_THAT(runs_table_markdown(unlike, true), HasSubstr("- NOT ALIKE in all runs: shots"));
  unlike[0] = of_run("a1", 5);
  unlike[0].tasks[1].prompts_hash = "other";
  unlike[0].tasks[0].docs_chosen = 10;
  EXPECT_THAT(runs_table_text(unlike, true, 0), HasSubstr("documents (10 of 100, 100) of arc\n"));
  EXPECT_THAT(runs_table_text(unlike, true, 0), HasSubstr("prompts of law\n"));
}

TEST(RunsTable, SaysWhatStandsBehindPlusMinus) {
  std::vector<Report> reports = {of_run("a1", 5), of_run("b2", 5)};
  const std::string named = "±: one standard error";
  for (const std::string& text :
       {runs_table_text(reports, true, 0), runs_table_markdown(reports, true),
        runs_table_latex(reports, true)})
    EXPECT_EQ(text.find(" ± ") != std::string::npos, text.find(named) != std::string::npos) << text;
  for (Report& report : reports)
    for (ReportRow& row : report.rows)
      for (Score& score : row.scores) score.stderr_value = 0.01;
  EXPECT_THAT(runs_table_text(reports, true, 0), HasSubstr("\n" + named + "\n"));
  EXPECT_THAT(runs_table_markdown(reports, true), HasSubstr("\n- " + named + "\n"));
  EXPECT_THAT(runs_table_latex(reports, true), HasSubstr("\n% " + named + "\n"));
  for (Report& report : reports)
    for (ReportRow& row : report.rows)
      for (Score& score : row.scores) score.stderr_value.reset();
  EXPECT_THAT(runs_table_text(reports, true, 0), Not(HasSubstr("±")));
}

TEST(RunsTable, AMissingFigureHasItsReason) {
  std::vector<Report> reports = {of_run("a1", 5), of_run("b2", 5)};
  Score& missing = reports[1].rows[0].scores[0];
  missing.value.reset();
  missing.stderr_value.reset();
  missing.reason = "no items yet";
  for (const std::string& text :
       {runs_table_text(reports, true, 0), runs_table_latex(reports, true)}) {
    EXPECT_THAT(text, HasSubstr("N/A [1]"));
    EXPECT_THAT(text, HasSubstr("[1] no items yet\n"));
  }
  EXPECT_THAT(runs_table_markdown(reports, true), HasSubstr("- \\[1\\] no items yet\n"));
}

/// A group without a figure is there, and a task of two groups stands below each.
TEST(RunsTable, ATaskOfTwoGroupsStandsInEach) {
  Report first = of_run("a1", 5), second = of_run("b2", 5);
  first.rows = {row("one", 0, true, {score("acc", 0.5)}), row("law", 1, false, {score("acc", 0.1)}),
                row("two", 0, true, {}), row("law", 1, false, {score("acc", 0.1)})};
  second.rows = {row("one", 0, true, {score("acc", 0.5)}),
                 row("law", 1, false, {score("acc", 0.3)}),
                 row("art", 1, false, {score("acc", 0.4)}), row("two", 0, true, {})};
  const RunsTable table = make_runs_table({first, second}, true);
  std::vector<std::string> names;
  for (const auto& line : table.lines) names.push_back(line[0]);
  EXPECT_THAT(names, ElementsAre("one", "law", "art", "two", "law"));
  EXPECT_THAT(table.depths, ElementsAre(0, 1, 1, 0, 1));
  EXPECT_THAT(runs_table_markdown({first, second}, true), HasSubstr("\n| &nbsp;&nbsp;law |"));
  EXPECT_THAT(runs_table_text({first, second}, true, 0), HasSubstr("\n  law"));
}

TEST(RunsTable, ACommandIsInOnePiece) {
  Report report = of_run("a1", 5);
  report.rows = {row("one", 0, true, {score("acc", 0.5)}),
                 row("law", 1, false, {score("acc", 0.1)})};
  const std::string text = runs_table_text({report, report, report}, false, 40);
  const std::string id = " 2026-11-24T20-30-13-000001";
  EXPECT_THAT(text, HasSubstr("\n  flmeval report" + id + id + id + " --all\n"));
}

}  // namespace
}  // namespace flm
