#include "reports/views/published_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/errors.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

using ::testing::HasSubstr;

Score score(const std::string& metric, const std::string& filter, double value) {
  Score out;
  out.metric = metric;
  out.filter = filter;
  out.value = value;
  out.stderr_value = 0.01;
  return out;
}

ReportRow row(const std::string& name, int shots, std::vector<Score> scores) {
  ReportRow out;
  out.name = name;
  out.num_fewshot = shots;
  out.scores = std::move(scores);
  return out;
}

const std::string kTeleFlm = std::string(FLM_SOURCE_DIR) + "/datasets/published/tele-flm.yaml";

TEST(PublishedRows, AreTheReportsTables) {
  const std::vector<PublishedTable> tables = read_published(kTeleFlm);
  ASSERT_EQ(tables.size(), 4u);
  EXPECT_THAT(tables[0].source, HasSubstr("2404.16645"));
  for (const PublishedTable& table : tables) {
    EXPECT_EQ(table.rows[0].name, "Tele-FLM 52B") << table.title;
    EXPECT_NE(table.reason, "") << table.title;
  }
  // The averages that the report prints.
  const auto mean = [](const PublishedModel& model) {
    double sum = 0;
    for (double value : model.values) sum += value;
    return sum / static_cast<double>(model.values.size());
  };
  EXPECT_NEAR(mean(tables[0].rows[0]), 56.60, 0.005);
  EXPECT_NEAR(mean(tables[1].rows[0]), 71.13, 0.005);
  EXPECT_NEAR(mean(tables[3].rows[0]), 0.650, 0.0005);
}

TEST(PublishedRows, StandBesideTheRunsOwnAndSayWhyTheyDiffer) {
  Report report;
  report.rows = {
      row("arc_challenge", 5, {score("acc", "none", 0.4), score("acc_norm", "none", 0.5)}),
      row("gsm8k", 5,
          {score("exact_match", "flexible-extract", 0.9),
           score("exact_match", "strict-match", 0.25)}),
      row("bpb_en_books", 0, {score("bpb@ctx512/stride256/prefix1/doc", "none", 0.7)})};
  const std::string text = render_published(report, read_published(kTeleFlm));
  EXPECT_THAT(text, HasSubstr("| ARC 25 | 50.0 ± 1.0 | 59.47 |"));
  EXPECT_THAT(text, HasSubstr("- ARC 25: not comparable: protocol (the report used "
                              "lm-evaluation-harness b281b09 of June 2023; other shots drawn; 25 "
                              "shots there, 5 here)"));
  EXPECT_THAT(text, HasSubstr("| GSM8K 5 | 25.0 ± 1.0 | 45.19 |"));
  EXPECT_THAT(text, HasSubstr("| Book | 0.700 ± 0.010 | 0.700 |"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("HellaSwag")));
  const std::string none = render_published(Report{}, read_published(kTeleFlm));
  EXPECT_TRUE(none.ends_with(": none of its published figures is of a task of this run\n")) << none;
  EXPECT_EQ(render_published(Report{}, {}), "");
}

/// A group's shots are those of its tasks.
TEST(PublishedRows, AGroupsShotsAreHeldAgainstThePublished) {
  Report report;
  report.rows = {row("mmlu", 0, {score("acc", "none", 0.25)}), row("mmlu_law", 0, {})};
  report.rows[0].is_group = true;
  report.rows[1].depth = 1;
  EXPECT_THAT(render_published(report, read_published(kTeleFlm)),
              HasSubstr("5 shots there, 0 here"));
  report.rows[1].num_fewshot = 5;
  EXPECT_THAT(render_published(report, read_published(kTeleFlm)),
              ::testing::Not(HasSubstr("shots there")));
}

TEST(PublishedRows, NamesAreNoMarkdown) {
  PublishedTable table{"t", "percent", "*why*", "<i>s", {}, {}};
  table.columns = {{"He|la", "a", "acc", "", {}, ""}};
  table.rows = {{"m|1", {10}}};
  Report report;
  report.rows = {row("a", 0, {score("acc", "none", 0.25)})};
  const std::string text = render_published(report, {table});
  EXPECT_THAT(text, HasSubstr("| percent | this run | m\\|1 |"));
  EXPECT_THAT(text, HasSubstr("| He\\|la | 25.0 ± 1.0 | 10.00 |"));
  EXPECT_THAT(text, HasSubstr("&lt;i\\>s"));
  EXPECT_THAT(text, HasSubstr("\\*why\\*"));
}

TEST(PublishedRows, ShotsAreAWholeNumber) {
  const TemporaryFolder folder;
  const std::string path = folder / "published.yaml";
  for (const char* shots : {"4294967301", "abc", "1.5", "[1]", "-1"}) {
    std::ofstream(path) << "source: s\ntables:\n  - title: t\n    columns:\n"
                        << "      - {name: a, task: a, shots: " << shots
                        << "}\n    rows:\n      m: [1]\n";
    EXPECT_THAT(error_of([&] { read_published(path); }),
                HasSubstr(path + ":5: shots must be a whole number from 0"))
        << shots;
  }
}

TEST(PublishedRows, AMalformedFileIsNamedWithItsLine) {
  const TemporaryFolder folder;
  const std::string path = folder / "published.yaml";
  std::ofstream(path) << "source: s\ntables:\n  - title: t\n    columns: [{name: a, task: a}]\n"
                         "    rows:\n      m: [1, 2]\n";
  try {
    read_published(path);
    FAIL() << "no error";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr(path + ":6: 2 values for 1 columns: m"));
  }
}

}  // namespace
}  // namespace flm
