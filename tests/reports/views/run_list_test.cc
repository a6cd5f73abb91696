// flmeval runs: what a narrow terminal still shows.
#include "reports/views/run_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flm {
namespace {

using testing::HasSubstr;
using testing::Not;

ListedRun listed(const std::string& name, const std::vector<std::string>& tasks) {
  ListedRun out;
  out.report.run.id = "2026-11-24T20-30-13-1f2e3d";
  out.report.run.created = "2026-11-24T20:30:13Z";
  out.report.run.status = "done";
  out.report.run.model = "models/step_01600";
  out.report.run.name = name;
  for (const std::string& task : tasks) {
    ReportRow row;
    row.name = task;
    Score score;
    score.metric = "acc";
    score.value = 0.25;
    row.scores.push_back(score);
    out.report.rows.push_back(row);
    out.tasks += (out.tasks.empty() ? "" : ",") + task;
  }
  return out;
}

TEST(RunList, ANameStandsBeforeASecondScore) {
  const std::vector<ListedRun> runs = {
      listed("friday", {"a_task_with_a_long_name", "another_of_them"})};
  const std::string wide = render_run_list(runs, 200), narrow = render_run_list(runs, 80);
  EXPECT_THAT(wide, HasSubstr("another_of_them 0.25"));
  EXPECT_THAT(narrow, HasSubstr("friday"));
  EXPECT_THAT(narrow, HasSubstr("a_task_with_a_long_name 0.25"));
  EXPECT_THAT(narrow, HasSubstr("1 more"));
  EXPECT_THAT(narrow, Not(HasSubstr("another_of_them 0.25")));
}

/// What the report says above its table is not lost on the list.
TEST(RunList, AFigureThatIsNoResultIsMarked) {
  std::vector<ListedRun> runs = {listed("whole", {"a"}), listed("part", {"b"})};
  EXPECT_THAT(render_run_list(runs, 80), Not(HasSubstr("*")));
  runs[0].report.warnings = {"the run is interrupted"};  // its state says so
  EXPECT_THAT(render_run_list(runs, 80), Not(HasSubstr("*")));
  for (const char* warning : {"NOT A BENCHMARK RESULT: small built-in samples (b)",
                              "NOT THE OFFICIAL DATA: copies", "LIMITED: the first document"}) {
    runs[1].report.warnings = {warning};
    const std::string list = render_run_list(runs, 80);
    EXPECT_THAT(list, HasSubstr("a 0.2500\n"));
    EXPECT_THAT(list, HasSubstr("b 0.2500*\n"));
    EXPECT_THAT(list, HasSubstr("\n* of built-in samples, a copy that differs or a --limit"));
    EXPECT_THAT(run_list_json(runs), HasSubstr(warning));
  }
}

}  // namespace
}  // namespace flm
