// The page of curves: what it says first, gaps with their reasons, thinning, the same bytes.
#include "reports/html/curves_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "base/files.h"
#include "reports/html/curve_chart.h"
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
  EXPECT_THAT(verdict, HasSubstr("sampling ±0.030, checkpoint to checkpoint ±0.012"));
  EXPECT_EQ(page, render_curves_html(made_curves()));
}

TEST(CurvesPage, NamesWhyACheckpointHasNoValue) {
  const std::string page = render_curves_html(made_curves());
  EXPECT_THAT(page, HasSubstr("step_280: shard 2 of 4 is missing"));
  EXPECT_THAT(page, HasSubstr("<td class=\"remark\">shard 2 of 4 is missing</td>"));
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
  EXPECT_EQ(std::count(path.begin(), path.end(), 'L'), 299);
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
