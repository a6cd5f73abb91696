// The page of curves: what it says first, gaps with their reasons, thinning, the same bytes.
#include "reports/html/curves/curves_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>

#include "base/system/files.h"
#include "reports/html/curves/curve_chart.h"
#include "reports/html/curves/loss_chart.h"
#include "tests/reports/html/made_curves.h"
#include "tests/reports/html/page_parts.h"

namespace flm {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(CurvesPage, StaticPartIsTheApprovedText) {
  Curves two = made_curves(8);
  two.curves.resize(2);
  const std::string page = static_part(render_curves_html(two));
  const std::string path = std::string(FLM_SOURCE_DIR) + "/tests/reports/baselines/curves.html";
  if (std::getenv("FLM_APPROVE")) std::ofstream(path, std::ios::binary) << page;
  EXPECT_EQ(page, read_file(path)) << "approve a wanted change with FLM_APPROVE=1";
}

TEST(CurvesPage, SaysTheLastValueAndWhatChanged) {
  const std::string page = render_curves_html(made_curves());
  const std::string verdict = between(page, "<p class=\"verdict\">", "</p>");
  // 0.6 + 2 / sqrt(1600) + 0.01 sin(40) = 0.6575, before it 0.6 + 2 / sqrt(1560) + 0.01 sin(39)
  EXPECT_THAT(verdict, HasSubstr("bpb <b>0.657</b> at step_1600, <b>-.003</b> since step_1560"));
  EXPECT_THAT(verdict,
              HasSubstr("(95%: sampling 0.627 to 0.687, checkpoint to checkpoint ±0.012)"));
  EXPECT_EQ(page, render_curves_html(made_curves()));
}

TEST(CurvesPage, NamesWhyACheckpointHasNoValue) {
  const std::string page = render_curves_html(made_curves());
  EXPECT_THAT(page, HasSubstr("step_280: shard 2 of 4 is missing"));
  EXPECT_THAT(page, HasSubstr("<td>N/A<td class=\"remark\" colspan=\"5\">shard 2 of 4 is missing"));
}

// An interval of F1 or of a share near 0 is not symmetric: its half by 1.96 is no standard error.
TEST(CurvesPage, TheErrorOfAValueIsItsStandardError) {
  Curves curves = made_curves(8);
  CurvePoint& last = curves.curves[0].points.back();
  last.value = 0.036;
  last.low = 0.0;
  last.high = 0.071;
  last.error = 0.025;
  const std::string page = render_curves_html(curves);
  EXPECT_THAT(page, HasSubstr("<td>step_320<td>0.036<td>0.025<td>"));
  EXPECT_THAT(page, HasSubstr("95%: sampling 0.000 to 0.071"));
  EXPECT_THAT(page, HasSubstr("±value: standard error of the value itself; ±items"));
}

TEST(CurvesPage, SaysInTheTableOfCheckpointsWhyOneHasNoFigures) {
  Curves curves = made_curves(8);
  curves.checkpoints.push_back({"nano", "step_40", {40, 1, 1}, "scored", "abc", "nano/step_40"});
  const std::string without = render_curves_html(curves);
  EXPECT_THAT(without, Not(HasSubstr("<th>reason</th>"))) << "no checkpoint has one";
  curves.checkpoints.push_back(
      {"nano", "step_80", {80, 2, 2}, "failed", "", "nano/step_80", "a logit is <not> finite"});
  const std::string page = render_curves_html(curves);
  EXPECT_THAT(page, HasSubstr("<th>reason</th>"));
  EXPECT_THAT(page, HasSubstr("<td>failed<td><td>nano/<wbr>step_<wbr>80<td>a logit is &lt;not&gt; "
                              "finite"));
}

/// What is N/A everywhere stands with the others, and the columns are of a curve that has any.
TEST(CurvesPage, ACurveWithoutAnyValueStandsAtAGlance) {
  Curves curves = made_curves(8);
  curves.curves.resize(3);
  curves.curves[2].points.clear();
  EXPECT_THAT(between(render_curves_html(curves), "id=\"heat\"", "</section>"),
              HasSubstr("en/<wbr>code"));
  std::swap(curves.curves[0], curves.curves[2]);
  EXPECT_THAT(between(render_curves_html(curves), "id=\"heat\"", "</section>"),
              HasSubstr("step_<wbr>320"));
}

std::vector<std::string> all_between(const std::string& text, const std::string& begin,
                                     const std::string& end) {
  std::vector<std::string> out;
  for (std::size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at + 1))
    out.push_back(between(text.substr(at), begin, end));
  return out;
}

TEST(CurvesPage, EverySeriesHasItsVerdictItsChartAndItsTable) {
  Curves curves = made_curves(30);
  Curves other = made_curves(5);
  for (Curve& curve : curves.curves) curve.series = "long";
  for (Curve& curve : other.curves) curve.series = "short";
  curves.curves.insert(curves.curves.end(), other.curves.begin(), other.curves.end());
  const std::string page = render_curves_html(curves);
  const auto verdicts = all_between(page, "<p class=\"verdict\">", "</p>");
  ASSERT_EQ(verdicts.size(), 2u);
  EXPECT_THAT(verdicts[0], testing::StartsWith("long: bpb <b>"));
  EXPECT_THAT(verdicts[1], testing::StartsWith("short: bpb <b>"));
  EXPECT_THAT(verdicts[1], HasSubstr("at step_200,"));
  for (const char* name : {"long", "short"})
    EXPECT_THAT(page, HasSubstr("<figcaption>" + std::string(name) + ": bpb over step. Band"));
  EXPECT_THAT(page, HasSubstr("<p class=\"hint\">long: 14 of 29 checkpoints</p>"));
  EXPECT_THAT(page, HasSubstr("<p class=\"hint\">short</p>"));
  EXPECT_THAT(render_curves_html(made_curves(30)), HasSubstr("\"hint\">14 of 29 checkpoints</p>"));
}

TEST(CurvesPage, ASmallChartSaysABandOfItsOwnKind) {
  Curves curves = made_curves(8);
  for (CurvePoint& point : curves.curves[0].points) point.change_error = 0.002;
  const std::string page = render_curves_html(curves);
  EXPECT_THAT(page, HasSubstr("en/code, bpb. Band: sampling error (95%).</figcaption>"));
  EXPECT_THAT(render_curves_html(made_curves(8)), HasSubstr("en/code, bpb</figcaption>"));
  EXPECT_THAT(render_curves_html(made_curves(1)), HasSubstr("over step. No band"));
}

TEST(CurvesPage, ARowOfNumbersHasNoMoreCellsThanItsHead) {
  Curves curves = made_curves(8);
  Curve& curve = curves.curves[0];
  curve.spikes.push_back({curve.points[2].x, curve.points[2].value, "spike: +1"});
  curve.ahead = CurveAhead{curve.points.back().x, 1, 0.5, 1.5, "by a power law"};
  for (const bool smoothed : {false, true}) {
    for (CurvePoint& point : curve.points)
      if (smoothed) point.smoothed = point.value;
    const std::string page = render_curves_html(curves);
    const std::string table = between(page, "<table class=\"figures\">", "</table>");
    const std::size_t columns =
        all_between(between(table, "<thead>", "</thead>"), "<th>", "<").size();
    EXPECT_EQ(columns, smoothed ? 8u : 7u);
    for (const std::string& row : all_between(table.substr(table.find("<tbody>")), "<tr>", "\n")) {
      const std::string spanned = between(row, "colspan=\"", "\"");
      const std::size_t more = spanned.empty() ? 0 : std::stoul(spanned) - 1;
      EXPECT_LE(all_between(row, "<td", ">").size() + more, columns) << row;
    }
  }
}

TEST(CurveChart, APerplexitysBandEndsAtZero) {
  Curve curve{"lambada", "perplexity", false, {}, {}};
  for (int i = 0; i < 3; ++i)
    curve.points.push_back({"step", {1.0 * i}, 100.0 + i, 90, 110, -500, 700, 1, 400});
  EXPECT_THAT(curve_svg(curve, 0, {300, 200}), HasSubstr(">-500<"));
  curve.above_zero = true;
  EXPECT_THAT(curve_svg(curve, 0, {300, 200}), Not(HasSubstr(">-")));
}

TEST(CurvesPage, KeepsTheTwoNoisesApart) {
  Curves curves = made_curves();
  for (Curve& curve : curves.curves)
    for (std::size_t i = 1; i < curve.points.size(); ++i) {
      curve.points[i].change = curve.points[i].value - curve.points[i - 1].value;
      curve.points[i].change_error = 0.002;
    }
  const std::string page = render_curves_html(curves);
  EXPECT_THAT(page, HasSubstr("(95%: items ±0.0039, checkpoint to checkpoint ±0.0120)"));
  EXPECT_THAT(page, HasSubstr("Band: 1.96 paired item errors of the change"));
  EXPECT_THAT(page, HasSubstr("dashed: checkpoint noise (95%)"));
  for (Curve& curve : curves.curves)
    for (CurvePoint& point : curve.points) point.steady_low = point.steady_high = std::nullopt;
  EXPECT_THAT(render_curves_html(curves), HasSubstr("checkpoint noise: not enough points"));
}

TEST(CurvesPage, DrawsTheTrainersLossWithWhatARestartLost) {
  Curves curves = made_curves();
  const double nan = std::nan("");
  curves.losses.push_back({"lm loss", "Nats a token, mean of 5 steps.", {}, {}, {}});
  LossPanel& panel = curves.losses[0];
  panel.lines.push_back({true, {{50, nan, nan}, {60, nan, nan}}, {3.2, 3.1}});
  panel.lines.push_back(
      {false, {{1, nan, nan}, {2, nan, nan}, {3, nan, nan}, {50, nan, nan}}, {9, nan, 8, 3}});
  panel.spikes.push_back({{50, nan, nan}, 3, "step 50: 2.9 to 3.0"});
  panel.bad.push_back({"step 2", {2, nan, nan}, "the loss is NaN"});
  const std::string page = render_curves_html(curves);
  EXPECT_THAT(page, HasSubstr("<path class=\"lost\" d=\"M"));
  EXPECT_THAT(page, HasSubstr("<title>step 50: 2.9 to 3.0</title>"));
  EXPECT_THAT(page, HasSubstr("<title>step 2: the loss is NaN</title>"));
  EXPECT_THAT(page, HasSubstr("lm loss has no place on the axis of tokens in its log."));
  EXPECT_THAT(page, HasSubstr("lm loss. Nats a token, mean of 5 steps."));
}

TEST(LossChart, ThinsNoSpikeAway) {
  LossPanel panel{"loss", "", {}, {}, {}};
  panel.lines.push_back({false, {}, {}});
  for (int i = 0; i < 100000; ++i) {
    panel.lines[0].x.push_back({static_cast<double>(i)});
    panel.lines[0].losses.push_back(i == 50001 ? 9 : 2);
  }
  ChartRange range;
  widen(range, panel, 0);
  const std::string svg = loss_svg(panel, 0, {300, 200, 1}, range);
  const std::string path = between(svg, "<path class=\"curve\" d=\"", "\"");
  EXPECT_LT(std::count(path.begin(), path.end(), 'l'), 600);
  // From 2 up to 9 on an axis from 2 to 10 over 164 pixels: the one point that stands out.
  EXPECT_THAT(path, HasSubstr("-143.5"));
}

TEST(CurvesPage, NeedsNoScript) {
  EXPECT_THAT(render_curves_html(made_curves()), Not(HasSubstr("<script")));
}

TEST(CurvesPage, EmptySeriesSaysSo) {
  EXPECT_THAT(render_curves_html({"new", "", {"step"}, {}, {}}),
              HasSubstr("No checkpoint has a value yet"));
}

TEST(CurveChart, DrawsAtMostOnePointAPixel) {
  const std::string svg = curve_svg(made_curve("bpb", 1, 5000), 0, {300, 200});
  const std::string path = between(svg, "<path class=\"curve\" d=\"", "\"");
  EXPECT_EQ(std::count(path.begin(), path.end(), 'l'), 299);
  EXPECT_THAT(svg, HasSubstr("over 4999 checkpoints"));
}

TEST(CurveChart, PositionsAreShort) {
  EXPECT_EQ(position_text(400), "400");
  EXPECT_EQ(position_text(1600), "1.6k");
  EXPECT_EQ(position_text(1.6777216e9), "1.678B");
  EXPECT_EQ(position_text(4.5e18), "4.5e+18");
}

}  // namespace
}  // namespace flm
