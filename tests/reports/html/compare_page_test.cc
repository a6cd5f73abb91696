// The page of a comparison: an approved text, hostile samples, the same bytes, the size limit.
#include "reports/html/compare_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/files.h"
#include "base/json.h"
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
  EXPECT_THAT(verdict,
              HasSubstr("worse</span> on &lt;b&gt;hostile&lt;/b&gt; \\u202e &amp; co <b>-.50"));
  EXPECT_THAT(verdict, HasSubstr("No difference seen: arc (would have seen 2.8 points)"));
  EXPECT_THAT(page, HasSubstr("num_fewshot"));
  EXPECT_LT(page.find("class=\"verdict\""), 12'000u + between(page, "<style>", "</style>").size());
}

TEST(ComparePage, IsTheSameBytesTwice) {
  EXPECT_EQ(render_compare_html(made_comparison(), {}), render_compare_html(made_comparison(), {}));
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
    EXPECT_EQ(line[5][1][0].get<std::string>(), "the other words " + hostile[i]);
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
