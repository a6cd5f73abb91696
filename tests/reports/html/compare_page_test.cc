// The page of a comparison: an approved text, hostile samples, the same bytes, the size limit.
#include "reports/html/compare/compare_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tbb/global_control.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "base/system/files.h"
#include "reports/html/compare/compare_scores.h"
#include "reports/html/compare/forest_scales.h"
#include "reports/html/elements.h"
#include "reports/html/escape.h"
#include "reports/views/comparison/comparison_remarks.h"
#include "reports/views/comparison/comparison_table.h"
#include "tests/reports/html/made_comparison.h"
#include "tests/reports/html/page_parts.h"

namespace flm {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ComparePage, StaticPartIsTheApprovedText) {
  const std::string page = static_part(render_compare_html(made_comparison(), {}));
  const std::string path = std::string(FLM_SOURCE_DIR) + "/tests/reports/baselines/compare.html";
  if (std::getenv("FLM_APPROVE")) std::ofstream(path, std::ios::binary) << page;
  EXPECT_EQ(page, read_file(path)) << "approve a wanted change with FLM_APPROVE=1";
}

TEST(ComparePage, SaysWhoIsBetterFirst) {
  const std::string page = render_compare_html(made_comparison(), {});
  const std::string verdict = between(page, "<p class=\"verdict\">", "</p>");
  EXPECT_THAT(verdict,
              HasSubstr("B is <span class=\"better\">▲ better</span> on exam <b>+.0139</b>"));
  EXPECT_THAT(verdict, HasSubstr("worse</span> on &lt;b&gt;hostile&lt;/b&gt; \\u202e &amp; co, "
                                 "a_task_with_a_name_longer_than_a_narrow_screen <b>-.50"));
  EXPECT_THAT(verdict, HasSubstr("No difference seen: arc (would have seen 2.8 points)"));
  EXPECT_THAT(page, HasSubstr("num_fewshot"));
  EXPECT_LT(page.find("class=\"verdict\""), 12'000u + between(page, "<style>", "</style>").size());
}

/// A group with figures and its tasks are one decision, on every view.
TEST(ComparePage, CountsWhatTheTerminalCounts) {
  Comparison comparison = made_comparison();
  std::vector<ComparisonRow>& rows = comparison.contrasts[0].rows;
  rows[0].pooled = true;  // exam, of 14,042 items; exam_law is below it
  mark_inside(rows);
  const std::string scope = make_remarks(comparison, make_compared_table(comparison, false)).scope;
  const std::string counted = scope.substr(0, scope.find(';'));
  EXPECT_THAT(counted, testing::StartsWith("comparable: 4 of 5 tasks, 15,"));
  EXPECT_THAT(render_compare_html(comparison, {}), HasSubstr(counted + "</li>"));
}

TEST(ComparePage, OneAxisForAllSharesAndOneForEveryOtherMetric) {
  MetricComparison zeros = made_metric("acc", 9, 0.5, 0.6, 0.1, Outcome::kNoDifference);
  zeros.only_a = 1, zeros.only_b = 2;
  const MetricComparison real = made_metric("acc", 9, 0.25, 0.5, 0.4, Outcome::kNoDifference);
  MetricComparison bits = made_metric("bpb@doc", 9, 0.9, 0.8, 0.01, Outcome::kBetter);
  MetricComparison perplexity = made_metric("byte_perplexity", 9, 9, 8, 0.1, Outcome::kBetter);
  bits.higher_is_better = perplexity.higher_is_better = false;
  const MetricComparison margin = made_metric("gold_margin", 9, 0.2, 0.3, 0.1, Outcome::kBetter);
  const ComparisonRow row = made_row("t", "", 0, {});
  const auto groups = forest_groups(
      {{&row, &zeros}, {&row, &bits}, {&row, &real}, {&row, &perplexity}, {&row, &margin}});
  ASSERT_EQ(groups.size(), 4u);
  EXPECT_EQ(groups[0].lines.size(), 2u);  // shares of zeros and ones, and of real values
  EXPECT_GE(groups[0].scale.high, *real.high);
  EXPECT_EQ(axis_text(groups[0], "B"), "share: B is better to the right");
  EXPECT_EQ(axis_text(groups[1], "B"), "bits per byte: B is better to the left");
  EXPECT_EQ(axis_text(groups[2], "B"), "byte_perplexity: B is better to the left");
  EXPECT_EQ(axis_text(groups[3], "B"), "gold_margin: B is better to the right");
  EXPECT_EQ(figures_of(real).detectable, "112.0 points");
}

TEST(ComparePage, SaysWhereItCannotTellAndWhyNothingWasTested) {
  Comparison comparison = made_comparison();
  ComparisonRow& arc = comparison.contrasts[0].rows[3];
  arc.metrics[0].detectable.reset();
  ComparisonRow& bpb = comparison.contrasts[0].rows[2];
  bpb.metrics[0].outcome = Outcome::kNotTested;
  bpb.metrics[0].reason = "one document <alone>";
  const std::string page = render_compare_html(comparison, {});
  EXPECT_THAT(page, HasSubstr("arc (cannot tell what would have been seen)"));
  EXPECT_THAT(page, HasSubstr(" class=\"seen\">N/A</td>"));
  EXPECT_THAT(page,
              HasSubstr("not tested <span class=\"remark\">one document &lt;alone&gt;</span>"));
}

/// Every figure that the table of the other views has, of scores that are shares and of those that
/// only look so.
TEST(ComparePage, SaysTheFiguresThatTheOtherViewsSay) {
  Comparison comparison = made_comparison();
  for (const Outcome outcome : {Outcome::kNoDifference, Outcome::kBetter}) {
    MetricComparison f1 = made_metric("f1", 9, 0.25, 0.5, 0.04, outcome);
    f1.detectable = 0.1633;
    MetricComparison bare = made_metric("exact_match", 9, 0.5, 0.5, 0.04, outcome);
    bare.low = bare.high = bare.difference = std::nullopt;
    bare.filter = "strict-match";
    comparison.contrasts[0].rows.push_back(made_row("squad " + name_of(outcome), "", 0, {f1}));
    comparison.contrasts[0].rows.push_back(made_row("gsm " + name_of(outcome), "", 0, {bare}));
  }
  const std::string page = render_compare_html(comparison, {});
  const ComparedTable table = make_compared_table(comparison, true);
  const auto cell = [](const std::string& text) { return ">" + html_escaped(text) + "</td>"; };
  for (const ComparedLine& line : table.lines) {
    const ComparedFigures& f = line.figures[0];
    if (!f.metric) continue;
    EXPECT_THAT(page, HasSubstr("<span class=\"measure\">" + breakable(line.metric)));
    for (const std::string& text :
         {f.n, f.difference, f.interval, f.flips, f.p, f.detectable, f.a + " → " + f.b})
      EXPECT_THAT(page, HasSubstr(cell(text))) << line.name;
  }
  EXPECT_THAT(page, HasSubstr(" class=\"seen\">0.163</td>"));        // its own unit
  EXPECT_THAT(page, Not(HasSubstr(" class=\"seen\">16.3 points")));  // no share by its name
}

ManyRuns made_many(const std::string& name) {
  ManyRuns out;
  out.name = name;
  out.metric = "acc";
  out.filter = "none";
  out.n = 1;
  out.q = 4, out.p = 0.05, out.df = 1;
  out.cells = {{0, 1, 0.01753, 0.03, 0.03, Outcome::kBetter}};
  return out;
}

TEST(ComparePage, FoldsThePairsOfWhatIsBelowGroups) {
  Comparison comparison = made_comparison();
  comparison.many = {made_many("exam"), made_many("exam_law")};
  const std::string pairs =
      between(render_compare_html(comparison, {}), "<section id=\"pairs\">", "</section>");
  EXPECT_THAT(pairs, HasSubstr("<h3>exam, acc</h3>"));
  const std::string inner = between(pairs, "<details><summary>", "</details>");
  EXPECT_THAT(inner, testing::StartsWith("Within groups: 1 row</summary>"));
  EXPECT_THAT(inner, HasSubstr("<h3>exam_law, acc</h3>"));
  EXPECT_THAT(inner, Not(HasSubstr("<h3>exam, acc</h3>")));
  EXPECT_THAT(pairs, HasSubstr("1 item that all runs have in common"));
  EXPECT_THAT(inner, HasSubstr("+.018, p .03"));   // an error of 0.018 leaves three digits
  EXPECT_THAT(pairs, HasSubstr("+.0175, p .03"));  // one of 0.0026 four, as in the table
}

TEST(ComparePage, SaysTheLettersOfItsOwnRuns) {
  Comparison comparison = made_comparison();
  comparison.runs[1].letter = "C";
  ComparisonRow& gone = comparison.contrasts[0].rows[4];
  gone.first_difference.reset();
  gone.verdict = Comparability::kOnlyInB;
  const std::string page = render_compare_html(comparison, {});
  EXPECT_THAT(page, HasSubstr(">only in C</td>"));
  EXPECT_THAT(page, Not(HasSubstr("only in b")));
}

/// An item of a metric of all items together is neither better nor worse, nor without an answer.
TEST(ComparePage, ListsWhatHasNoValueOfItsOwnAsSuch) {
  Comparison comparison = made_comparison();
  ComparisonRow& row = comparison.contrasts[0].rows[5];
  ASSERT_EQ(row.pairs.size(), 8u);
  row.metrics[0].values_a.assign(8, NAN);
  row.metrics[0].values_b.assign(8, NAN);
  row.metrics[0].unscored = {2};
  comparison.contrasts[0].rows = {row};
  const PageSamples samples = samples_of(render_compare_html(comparison, {}));
  EXPECT_EQ(samples.columns["state"], "ttnttttt");
  EXPECT_TRUE(samples.columns["a"][0].is_null());
}

TEST(ComparePage, IsTheSameBytesTwice) {
  EXPECT_EQ(render_compare_html(made_comparison(), {}), render_compare_html(made_comparison(), {}));
}

TEST(ComparePage, IsTheSameBytesForAnyNumberOfThreads) {
  const auto page_of = [](std::size_t threads) {
    const tbb::global_control most(tbb::global_control::max_allowed_parallelism, threads);
    return render_compare_html(made_comparison(), {});
  };
  EXPECT_EQ(page_of(1), page_of(4));
}

TEST(ComparePage, HostileTextStaysInsideBase64) {
  const std::string page = render_compare_html(made_comparison(), {});
  for (const char* never : {"window.hostile", "<b>hostile", "\u202E", "http:", "https:"})
    EXPECT_EQ(page.find(never), std::string::npos) << never;
  const PageSamples samples = samples_of(page);
  ASSERT_EQ(samples.lines.size(), 208u);
  const std::vector<std::string> hostile = hostile_texts();
  for (std::size_t i = 0; i < hostile.size(); ++i) {
    if (hostile[i].find('\xff') != std::string::npos)
      continue;  // no UTF-8: the browser's to replace
    const Json line = parse_json(samples.lines[200 + i], "line");
    EXPECT_EQ(line[1].get<std::string>(), hostile[i]);
    EXPECT_EQ(line[5][1][0].get<std::string>(), "the other words 另外的字 " + hostile[i]);
  }
}

TEST(ComparePage, HeaderOfATaskStandsOnce) {
  const PageSamples samples = samples_of(render_compare_html(made_comparison(), {}));
  const std::string header = samples.columns["groups"][0]["header"];
  EXPECT_THAT(header, testing::EndsWith("A. 物权\nB. 税权\n答案：A\n\n"));
  EXPECT_THAT(parse_json(samples.lines[7], "line")[0].get<std::string>(),
              testing::StartsWith("题目 7："));
}

TEST(ComparePage, ColumnsTellWhatChanged) {
  const PageSamples samples = samples_of(render_compare_html(made_comparison(), {}));
  const std::string states = samples.columns["state"];
  EXPECT_EQ(std::count(states.begin(), states.begin() + 200, 'l'), 6);  // i % 20 == 0, not i % 15
  EXPECT_EQ(std::count(states.begin(), states.begin() + 200, 'w'), 7);  // odd multiples of 15
  EXPECT_EQ(samples.columns["doc"][3], 1003);
  EXPECT_EQ(samples.columns["groups"][0]["letters"], "AB");
}

TEST(ComparePage, WhatDoesNotFitIsSaidAtTheTop) {
  HtmlOptions options;
  options.limit = 60'000;
  const std::string page = render_compare_html(made_comparison(), options);
  EXPECT_LE(page.size(), options.limit);
  const std::string told = between(page, "<p class=\"notice\">", "</p>");
  EXPECT_THAT(told, HasSubstr(" of 208 samples are in this page"));
  EXPECT_THAT(told, HasSubstr("--html-samples all"));
  EXPECT_LT(page.find("class=\"notice\""), page.find("<main>"));
}

TEST(ComparePage, HoldsTheSamplesThatWereAskedFor) {
  const auto shown = [](const std::string& samples) {
    return samples_of(render_compare_html(made_comparison(), html_options(samples))).lines.size();
  };
  EXPECT_EQ(shown("all"), 208u);
  EXPECT_EQ(shown("flips"), 17u);  // 13 of the exam, 4 hostile ones
  EXPECT_EQ(shown("3"), 23u);      // 3 others of each task
  const std::string none = render_compare_html(made_comparison(), html_options("none"));
  EXPECT_THAT(none, Not(HasSubstr("<script")));
  EXPECT_THAT(none, HasSubstr("0 of 208 samples"));
  EXPECT_THROW(html_options("some"), UserError);
  EXPECT_THROW(html_options("-1"), UserError);
}

}  // namespace
}  // namespace flm
