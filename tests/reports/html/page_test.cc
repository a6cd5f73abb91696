// What every page keeps: escapes, contrast, a script of bounded length, charts that say what they
// show.
#include "reports/html/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <regex>

#include "reports/html/curves/chart_frame.h"
#include "reports/html/escape.h"
#include "reports/html/page_texts.h"
#include "reports/html/payload.h"
#include "reports/html/svg.h"
#include "tests/reports/html/page_parts.h"

namespace flm {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::string_literals;

TEST(HtmlPage, EscapesWhatStrangersWrite) {
  EXPECT_EQ(html_escaped("<a href=\"x\">&"), "&lt;a href=&quot;x&quot;&gt;&amp;");
  EXPECT_EQ(html_escaped("nul \0 bell \a"s), "nul \\x00 bell \\x07");
  EXPECT_EQ(html_escaped("\u202Eevil\u2069"), "\\u202eevil\\u2069");
  EXPECT_EQ(html_escaped("a\xff中"), "a\uFFFD中");
}

TEST(HtmlPage, Base64IsThatOfTheRfc) {  // RFC 4648, section 10
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  const std::string text(300'000, 'q');
  EXPECT_EQ(inflated(deflated(text)), text);
}

TEST(HtmlPage, ForbidsEveryRequestAndEveryScriptButItsOwn) {
  const std::string page =
      assemble_page({"t", "<p>b</p>", "<script type=\"text/plain\"></script>"});
  EXPECT_THAT(page, HasSubstr("default-src 'none'; style-src 'sha256-"));
  EXPECT_THAT(page, HasSubstr("script-src 'sha256-"));
  EXPECT_THAT(page, Not(HasSubstr("unsafe-inline")));
  EXPECT_LT(page.find("charset=\"utf-8\""), 200u);
  EXPECT_THAT(page, Not(HasSubstr("style=\"")));  // the policy would not let it
}

TEST(HtmlPage, ScriptIsShortAndWritesNoHtml) {
  const std::string script(kPageScript);
  EXPECT_LE(std::count(script.begin(), script.end(), '\n'), 400);
  for (const char* way :
       {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "fetch("})
    EXPECT_THAT(script, Not(HasSubstr(way)));
  EXPECT_THAT(script, Not(HasSubstr("</script")));
}

/// WCAG 2: relative luminance and contrast.
double luminance(const std::string& hex) {
  double out = 0;
  const double weights[] = {0.2126, 0.7152, 0.0722};
  for (std::size_t i = 0; i < 3; ++i) {
    const double c = std::stoi(hex.substr(1 + 2 * i, 2), nullptr, 16) / 255.0;
    out += weights[i] * (c <= 0.03928 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4));
  }
  return out;
}

double contrast(const std::string& a, const std::string& b) {
  const auto [dark, light] = std::minmax({luminance(a), luminance(b)});
  return (light + 0.05) / (dark + 0.05);
}

std::map<std::string, std::string> colours(const std::string& css) {
  std::map<std::string, std::string> out;
  const std::regex one("--([a-z0-9-]+): (#[0-9a-f]{6});");
  for (std::sregex_iterator at(css.begin(), css.end(), one), end; at != end; ++at)
    out[(*at)[1]] = (*at)[2];
  return out;
}

TEST(HtmlPage, TextIsLegibleInBothThemes) {
  const std::string css(kPageStyle);
  const std::size_t dark = css.find("prefers-color-scheme: dark");
  ASSERT_NE(dark, std::string::npos);
  for (const std::string& theme : {css.substr(0, dark), css.substr(dark)}) {
    std::map<std::string, std::string> c = colours(theme);
    ASSERT_GE(c.size(), 16u);
    for (const char* ink : {"ink", "faint", "blue", "orange"})
      for (const char* paper : {"paper", "wash", "notice"})
        EXPECT_GE(contrast(c.at(ink), c.at(paper)), 4.5) << ink << " on " << paper;
    for (const char* tile : {"t0", "t1", "t2", "t3"})
      EXPECT_GE(contrast(c.at("tile-ink"), c.at(tile)), 4.5) << tile;
    for (const char* tile : {"t4", "t5"})
      EXPECT_GE(contrast(c.at("tile-ink-strong"), c.at(tile)), 4.5) << tile;
    EXPECT_GE(contrast(c.at("ink"), c.at("mark")), 4.5);
  }
}

TEST(Charts, IntervalStandsWhereItsNumbersSay) {
  const std::string svg = interval_svg({0, 1}, {0.5, 0.25, 0.75, 0.25, Mark::kDot, "acc 0.5 <x>"});
  EXPECT_THAT(svg, HasSubstr("<title>acc 0.5 &lt;x&gt;</title>"));
  EXPECT_THAT(svg, HasSubstr("cx=\"110\""));                      // the middle of 220
  EXPECT_THAT(svg, HasSubstr("x1=\"59\" y1=\"11\" x2=\"161\""));  // 8 + 204 / 4 and 8 + 3 * 204 / 4
  EXPECT_THAT(interval_svg({0, 1}, {0.5, {}, {}, {}, Mark::kBetter, "t"}),
              HasSubstr("class=\"up\""));
  EXPECT_THAT(interval_svg({0, 1}, {0.5, {}, {}, {}, Mark::kWorse, "t"}),
              HasSubstr("class=\"down\""));
}

TEST(Charts, HistogramsLabelsStayInside) {
  const std::string svg = histogram_svg({-100, 100}, {1, 2, 3, 4}, "margins");
  EXPECT_THAT(svg, HasSubstr("<text x=\"1\" y=\"124\" text-anchor=\"start\">-100<"));
  EXPECT_THAT(svg, HasSubstr("<text x=\"459\" y=\"124\" text-anchor=\"end\">100<"));
}

/// One checkpoint of 13 M tokens: no step of such a scale is seen beside so large a number.
TEST(Charts, AScaleWithoutWidthHasFewTicks) {
  const double tokens = 13'107'200;
  EXPECT_LE(ticks_of({tokens, std::nextafter(tokens, 2 * tokens)}, 4).size(), 6u);
  const ChartFrame frame({}, {tokens, tokens, true}, 0, 1);
  EXPECT_THAT(frame.head("t"), HasSubstr(">13.11M<"));
}

/// Left and right of each label of an axis, at 7 pixels a character: DejaVu Sans of 11 px has
/// 0.636 em a digit.
std::vector<std::pair<double, double>> labels_of(const std::string& svg) {
  std::vector<std::pair<double, double>> out;
  const std::regex label("<text x=\"([-0-9.]+)\" y=\"17\" text-anchor=\"(\\w+)\">([^<]*)<");
  for (std::sregex_iterator i(svg.begin(), svg.end(), label), end; i != end; ++i) {
    const double x = std::stod((*i)[1]), width = 7.0 * static_cast<double>((*i)[3].length());
    const double left = (*i)[2] == "start" ? x : (*i)[2] == "end" ? x - width : x - width / 2;
    out.emplace_back(left, left + width);
  }
  return out;
}

TEST(Charts, LabelsOfAnAxisDoNotRunIntoOneAnother) {
  for (const Scale& scale : {Scale{-4e8, 4e8}, Scale{0, 4e8}, Scale{-0.001, 0.001}, Scale{0, 1},
                             Scale{0, 4}, Scale{-0.00000002, 0.00000002}, Scale{-200000, 200000},
                             Scale{1e9, 1e9 + 40}, Scale{-1e300, 1e300}, Scale{0.99995, 1.00005}}) {
    const std::string svg = axis_svg(scale);
    const auto labels = labels_of(svg);
    EXPECT_GE(labels.size(), 2u) << svg;
    EXPECT_LE(labels.back().second, 220) << svg;
    for (std::size_t i = 1; i < labels.size(); ++i)
      EXPECT_GT(labels[i].first, labels[i - 1].second) << svg;
  }
}

TEST(Charts, LargeTicksAreShort) {
  EXPECT_EQ(tick_text({-4e8, 4e8}, 4, -2e8), "-200M");
  EXPECT_EQ(tick_text({0, 4000}, 4, 1000), "1000");
  EXPECT_EQ(tick_text({0, 5e5}, 4, 2e5), "200k");
  EXPECT_EQ(tick_text({1e9, 1e9 + 40}, 4, 1e9 + 10), "1000000010") << "told from the next";
}

TEST(Charts, ScalesHaveRoundEnds) {
  const Scale scale = scale_over(0, 2.91);
  EXPECT_DOUBLE_EQ(scale.low, 0);
  EXPECT_DOUBLE_EQ(scale.high, 3);
  EXPECT_EQ(ticks_of({0, 4}, 4), (std::vector<double>{0, 1, 2, 3, 4}));
  EXPECT_EQ(tick_text({0, 1}, 4, 0.5), "0.5");
  const Scale flat = scale_over(0.7, 0.7);
  EXPECT_LT(flat.low, 0.7);
  EXPECT_GT(flat.high, 0.7);
  EXPECT_EQ(scale_over(NAN, 1).high, 1);
}

}  // namespace
}  // namespace flm
