// The views of a comparison: approved texts, widths, and the same figures everywhere.
#include "reports/views/comparison/comparison_views.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "approved_text.h"
#include "made_comparison.h"
#include "reports/figures/display_width.h"
#include "reports/figures/figures.h"
#include "reports/figures/wrapped_text.h"
#include "reports/views/comparison/comparison_remarks.h"
#include "reports/views/comparison/comparison_table.h"
#include "reports/views/comparison/flips.h"
#include "reports/views/latex_text.h"

namespace flm {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string rendered(const Comparison& comparison, const std::string& format,
                     const ComparisonView& view) {
  return find_comparison_view(format)->render(comparison, view);
}

std::size_t widest(const std::string& text) {
  std::istringstream lines(text);
  std::size_t width = 0;
  for (std::string line; std::getline(lines, line);) width = std::max(width, display_width(line));
  return width;
}

TEST(ComparisonViews, AreTheApprovedTexts) {
  const Comparison two = two_runs(), four = four_runs();
  for (const int columns : {60, 80, 100, 200}) {
    const std::string at = "_" + std::to_string(columns) + ".txt";
    expect_baseline("compare/two" + at, rendered(two, "text", {columns}));
    expect_baseline("compare/four" + at, rendered(four, "text", {columns}));
  }
  expect_baseline("compare/two_all.txt", rendered(two, "text", {80, true, true, 8}));
  expect_baseline("compare/four_all.txt", rendered(four, "text", {80, true}));
  for (const std::string format : {"md", "csv", "latex"}) {
    expect_baseline("compare/two." + format, rendered(two, format, {}));
    expect_baseline("compare/four." + format, rendered(four, format, {80, true}));
  }
}

TEST(ComparisonViews, StayWithinTheTerminal) {
  for (const int columns : {40, 60, 80, 100, 200}) {
    for (const bool all : {false, true}) {
      const ComparisonView view{columns, all, false, 20};
      EXPECT_LE(widest(rendered(two_runs(), "text", view)), static_cast<std::size_t>(columns));
      EXPECT_LE(widest(rendered(four_runs(), "text", view)), static_cast<std::size_t>(columns));
    }
  }
}

TEST(ComparisonViews, UpIsAlwaysBetter) {
  const std::string text = rendered(two_runs(), "text", {200});
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("bpb_en")) continue;
    EXPECT_THAT(line, HasSubstr("better"));
    EXPECT_THAT(line, HasSubstr("-.0152"));
    EXPECT_TRUE(line.ends_with("▲")) << line;
  }
  EXPECT_THAT(text, HasSubstr("B is better on mmlu and bpb_en, worse on humaneval"));
}

TEST(ComparisonViews, ANarrowTerminalGivesUpTheReferenceBeforeTheInterval) {
  EXPECT_THAT(rendered(two_runs(), "text", {80}), HasSubstr("95% interval"));
  EXPECT_THAT(rendered(two_runs(), "text", {50}), Not(HasSubstr("95% interval")));
}

TEST(ComparisonViews, ForeignTextsAreShownAsText) {
  const ComparisonView view{80, true, false, 30};
  for (const std::string format : {"text", "md"})
    EXPECT_THAT(rendered(two_runs(), format, view), Not(HasSubstr("\x1b"))) << format;
  EXPECT_THAT(rendered(two_runs(), "md", view), Not(HasSubstr("<b>")));
}

TEST(ComparisonViews, WhereNothingWasSeenTheSentenceSaysThatAlone) {
  Comparison comparison = two_runs();
  auto& rows = comparison.contrasts[0].rows;
  std::erase_if(rows, [](const ComparisonRow& row) { return row.name != "法律与逻辑 law"; });
  const std::string text = rendered(comparison, "text", {80});
  EXPECT_THAT(text, HasSubstr("B: no difference seen on 法律与逻辑 law\n"));
  EXPECT_THAT(text, Not(HasSubstr("better on")));
}

/// As in the report: an alias says what is below a group, and leaves the group out.
TEST(ComparisonViews, ATaskThatStandsAloneHasItsOwnName) {
  Comparison comparison = two_runs();
  auto& rows = comparison.contrasts[0].rows;
  std::erase_if(rows, [](const ComparisonRow& row) { return row.name != "bpb_en"; });
  EXPECT_EQ(rows.at(0).alias, "bpb en");
  for (const auto& [format, name] :
       {std::pair{"text", "\nbpb_en "}, std::pair{"md", "\n| bpb\\_en |"}}) {
    const std::string shown = rendered(comparison, format, {200});
    EXPECT_THAT(shown, HasSubstr(name));
    EXPECT_THAT(shown, Not(HasSubstr("bpb en")));
  }
}

TEST(ComparisonViews, OneValueInTwoPrecisionsIsOneValue) {
  Comparison comparison = four_runs();
  comparison.contrasts[1].rows[0].metrics[0].stderr_value = 0.01;
  EXPECT_THAT(rendered(comparison, "text", {80}), HasSubstr("mmlu  14,042   0.453  "));
}

/// A table for a paper and a page to share, too: without it the figures look like results.
TEST(ComparisonViews, AllSayWhatTheFiguresAreOf) {
  Comparison comparison = two_runs();
  comparison.warnings = {"NOT A BENCHMARK RESULT: small built-in samples", "LIMITED: a part"};
  for (const ComparisonFormat& view : comparison_views())
    for (const std::string& warning : comparison.warnings)
      EXPECT_THAT(view.render(comparison, {200}), HasSubstr(warning)) << view.name;
}

TEST(ComparisonViews, NothingComparedIsSaid) {
  Comparison comparison = two_runs();
  auto& rows = comparison.contrasts[0].rows;
  std::erase_if(rows, [](const ComparisonRow& row) { return row.name != "ceval"; });
  const std::string text = rendered(comparison, "text", {80});
  EXPECT_THAT(text, HasSubstr("nothing can be compared"));
  EXPECT_THAT(text, HasSubstr("ceval: num_fewshot: A 5, B 8"));
  EXPECT_THAT(text, Not(HasSubstr("next:")));
  rows.push_back(rows[0]);
  rows.back().name = "cmmlu";
  EXPECT_THAT(rendered(comparison, "text", {80}),
              HasSubstr("num_fewshot: A 5, B 8 (ceval and cmmlu)"));
}

TEST(Flips, TheLostOnesComeFirstByWhatTheMarginLost) {
  const Comparison comparison = two_runs();
  const std::vector<Flip> flips = flips_of(comparison.contrasts[0]);
  ASSERT_EQ(flips.size(), 2 * (4u + 5) + 15 + 3);
  EXPECT_TRUE(flips[0].lost);
  EXPECT_EQ(*flips[0].margin_a - *flips[0].margin_b, 1.0 + 0.125);
  std::size_t lost = 0;
  while (flips[lost].lost) ++lost;
  EXPECT_EQ(lost, 2u * 4 + 15);
  EXPECT_FALSE(flips[lost - 1].margin_a.has_value());
  const FlipText text = describe(comparison, comparison.contrasts[0], flips[0]);
  EXPECT_EQ(text.a, "Paris");
  EXPECT_EQ(text.b, "伦敦 <b>London</b>");
  EXPECT_EQ(text.margins, "+1.00 to -.12");
  Comparison twice = two_runs();
  std::vector<ComparisonRow>& rows = twice.contrasts[0].rows;
  rows.push_back(*flips[0].row);
  EXPECT_EQ(flips_of(twice.contrasts[0]).size(), flips.size()) << "a task of two groups";
}

/// One item of three choices, the first of which is right.
class ThreeChoices : public ItemTexts {
 public:
  explicit ThreeChoices(std::vector<double> log_likelihoods)
      : log_likelihoods_(std::move(log_likelihoods)) {}
  std::vector<ItemText> texts(const std::string&, const std::vector<std::size_t>&) override {
    ItemText text;
    text.choices = {" a", " four", " 四四四"};
    text.log_likelihoods = log_likelihoods_;
    text.unconditional = {-1, -9, -2};
    text.gold = 0;
    return {text};
  }

 private:
  std::vector<double> log_likelihoods_;
};

/// The answers that are shown of A, which has the item right, and of B.
std::string shown_answers(const std::string& metric, std::vector<double> a, std::vector<double> b) {
  Comparison comparison;
  comparison.runs.resize(2);
  comparison.runs[0].texts = std::make_shared<ThreeChoices>(std::move(a));
  comparison.runs[1].texts = std::make_shared<ThreeChoices>(std::move(b));
  ComparisonRow row;
  row.name = "t";
  row.target_delimiter = " ";
  row.pairs = {{0, 0}};
  MetricComparison acc;
  acc.metric = metric;
  acc.main = true;
  acc.only_a = 1;
  acc.only_b = 0;
  acc.values_a = {1};
  acc.values_b = {0};
  row.metrics = {acc};
  comparison.contrasts = {{1, {row}}};
  const auto flips = flips_of(comparison.contrasts[0]);
  const FlipText text = describe(comparison, comparison.contrasts[0], flips.at(0));
  return text.a + ", " + text.b;
}

// "four" has 4 characters and as many bytes, "四四四" 3 and 9.
TEST(Flips, ShowTheChoiceThatTheJudgedMetricTakes) {
  EXPECT_EQ(shown_answers("acc", {-1, -2, -3}, {-4, -2, -3}), "a, four");
  // Of -4, -10 and -9: -4, -2.5 and -3 a character, -1 a byte of the third.
  EXPECT_EQ(shown_answers("acc_norm", {-2, -10, -9}, {-4, -10, -9}), "a, four");
  EXPECT_EQ(shown_answers("acc_bytes", {-0.5, -10, -9}, {-4, -10, -9}), "a, 四四四");
  // -4 + 1, -10 + 9 and -9 + 2.
  EXPECT_EQ(shown_answers("acc_mutual_info", {-1, -10, -9}, {-4, -10, -9}), "a, four");
  EXPECT_EQ(shown_answers("acc_norm", {-2, -6, -9}, {-2, -8, -9}), "a, four") << "a tie";
}

/// F1 has no count of lost and won items, but an item is right where its label is.
TEST(Flips, AreOfAllMetricsThatCallAnItemRightOrWrong) {
  ComparisonRow row;
  row.name = "t";
  row.pairs = {{0, 0}, {1, 1}, {2, 2}};
  MetricComparison metric;
  metric.metric = "f1";
  metric.main = true;
  metric.values_a = {1, 0, 1};
  metric.values_b = {0, 1, 1};
  row.metrics = {metric};
  const auto count = [&] { return count_text(flips_of({1, {row}}), 5); };
  EXPECT_EQ(count(), "2 of 2 flips (1 lost, 1 won)");
  row.metrics[0].values_a = {0.5, 0, 1};
  EXPECT_EQ(count(), "0 of 0 flips (0 lost, 0 won)");
}

TEST(ComparisonViews, CochransQOfFoldedRowsIsFoldedToo) {
  Comparison comparison;
  comparison.runs.resize(3);
  MetricComparison metric;
  metric.metric = "acc";
  metric.main = true;
  metric.a = metric.b = 0.5;
  metric.difference = 0;
  ComparisonRow group;
  group.name = "g";
  group.is_group = group.pooled = true;
  group.metrics = {metric};
  ComparisonRow task = group;
  task.name = "subject";
  task.is_group = task.pooled = false;
  task.depth = 1;
  comparison.contrasts = {{1, {group, task}}, {2, {group, task}}};
  for (const char* name : {"g", "subject"}) {
    ManyRuns many;
    many.name = name;
    many.q = 3, many.p = 0.2, many.df = 2, many.n = 9;
    comparison.many.push_back(many);
  }
  const auto lines = [&](bool all) {
    return make_remarks(comparison, make_compared_table(comparison, all)).many;
  };
  EXPECT_THAT(lines(false), testing::ElementsAre(testing::StartsWith("g 3.0")));
  EXPECT_THAT(lines(true), testing::ElementsAre(testing::StartsWith("g 3.0"),
                                                testing::StartsWith("subject 3.0")));
}

// By value, whatever the number of digits, and what cannot be seen is counted.
TEST(ComparisonViews, TheRangeOfWhatIsSeenGoesFromTheLeast) {
  Comparison comparison;
  comparison.runs.resize(2);
  ComparisonRow group;
  group.name = "g";
  group.is_group = group.pooled = true;
  MetricComparison metric;
  metric.metric = "bpb";
  metric.main = true;
  metric.n = 10;
  metric.a = metric.b = 1;
  metric.difference = 0;
  metric.p = metric.p_adjusted = 0.5;
  metric.outcome = Outcome::kNoDifference;
  group.metrics = {metric};
  comparison.contrasts = {{1, {group}}};
  const std::pair<double, double> seen[] = {
      {1.2016, 0.00012}, {5.907, 0.012}, {0.473, 0.12}, {0, 1}};
  for (const auto& [detectable, error] : seen) {
    ComparisonRow row;
    row.name = "t" + std::to_string(comparison.contrasts[0].rows.size());
    row.depth = 1;
    row.inside = true;
    metric.stderr_value = error;
    metric.detectable = detectable;
    row.metrics = {metric};
    comparison.contrasts[0].rows.push_back(row);
  }
  const ComparedTable table = make_compared_table(comparison, true);
  EXPECT_THAT(make_remarks(comparison, table).detectable,
              HasSubstr("below groups 0.47 to 5.907, N/A for 1"));
}

TEST(Figures, AProbabilityStaysOnItsSideOfTheLevel) {
  EXPECT_EQ(p_text(0.04996), ".04996");
  EXPECT_EQ(p_text(0.05), ".050");
  EXPECT_EQ(p_text(0.0499), ".0499");
  EXPECT_EQ(p_text(0.412), ".41");
  EXPECT_EQ(p_text(0.0009), "< .001");
  EXPECT_EQ(p_text(0.998), "> .99");
  EXPECT_EQ(p_text(1), "1");
}

TEST(Figures, DifferencesAndCounts) {
  EXPECT_EQ(signed_text(0.0137, 3), "+.014");
  EXPECT_EQ(signed_text(-1.25, 2), "-1.25");
  EXPECT_EQ(signed_text(-0.0001, 2), ".00");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(14042), "14,042");
  EXPECT_EQ(grouped(-1234567), "-1,234,567");
}

TEST(LatexText, SpellsWhatLatexReadsAsItsOwn) {
  EXPECT_EQ(latex_text("a_b & 50% {x} -.5 a-b"), "a\\_b \\& 50\\% \\{x\\} $-$.5 a-b");
  EXPECT_EQ(latex_row({"[law]", "▲ 法律"}), "{}[law] & $\\blacktriangle$ 法律 \\\\\n");
  EXPECT_EQ(latex_row({"  sub", ""}), "\\hspace{1em}sub &  \\\\\n");
}

TEST(WrappedText, BreaksAtSpacesAndInsideWhatIsTooWide) {
  EXPECT_EQ(wrapped("one two three", 8, 2), "one two\n  three\n");
  EXPECT_EQ(wrapped("中文没有空格也要断开", 12, 0), "中文没有空格\n也要断开\n");
  EXPECT_EQ(wrapped("go on: --resume 2026", 18), "go on:\n--resume 2026\n");
  EXPECT_EQ(wrapped("as it is", 0), "as it is\n");
  EXPECT_EQ(clipped("法律与逻辑", 6), "法律…");
  EXPECT_EQ(clipped("short", 6), "short");
}

}  // namespace
}  // namespace flm
