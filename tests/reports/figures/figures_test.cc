// Figures and widths as reports print them.
#include "reports/figures/figures.h"

#include <gtest/gtest.h>

#include <map>

#include "reports/figures/display_width.h"
#include "reports/figures/provenance.h"
#include "reports/figures/row_text.h"

namespace flm {
namespace {

TEST(Figures, AMetricIsNamedWithItsFilterWhereThereIsOne) {
  EXPECT_EQ(metric_label("acc", "none", true), "acc ↑");
  EXPECT_EQ(metric_label("acc", "", true), "acc ↑");
  EXPECT_EQ(metric_label("word_perplexity", "strict", false), "word_perplexity (strict) ↓");
}

TEST(Figures, ShowTheDigitsThatTheErrorSupports) {
  Score score;
  EXPECT_EQ(value_text(score), "N/A") << "missing is not 0";
  score.value = 0.239473;
  EXPECT_EQ(value_text(score), "0.2395") << "no error known: four digits";
  score.stderr_value = 0.01266;
  EXPECT_EQ(value_text(score) + " " + error_text(score), "0.239 0.013");
  score.stderr_value = 0.00996;
  EXPECT_EQ(value_text(score) + " " + error_text(score), "0.239 0.010");
  score.value = 29278.6;
  score.stderr_value = 28822;
  EXPECT_EQ(value_text(score) + " " + error_text(score), "29279 28822");
  score.value = 0;
  score.stderr_value = 0;
  score.low = 0;
  score.high = 0.12;
  EXPECT_EQ(value_text(score) + " " + interval_text(score), "0.000 0.000 to 0.120");
}

// Not a row of zeros, which would say that the value is none.
TEST(Figures, ShowTinyValuesAsWhatTheyAre) {
  Score score;
  score.value = 3.5e-18;
  EXPECT_EQ(value_text(score), "3.500e-18");
  score.stderr_value = 1.2e-18;
  EXPECT_EQ(value_text(score) + " " + error_text(score), "3.5e-18 1.2e-18");
  EXPECT_EQ(signed_text(-3.5e-18, 19), "-3.5e-18");
  EXPECT_EQ(fixed(1e-300, 19), "0") << "below the last digit";
  EXPECT_EQ(fixed(0.25, 19), "0.250000000000000");
  EXPECT_EQ(fixed(0, 2), "0.00");
  score.value = -4.9e-324;
  score.stderr_value.reset();
  EXPECT_EQ(value_text(score), "-4.941e-324");
}

TEST(DisplayWidth, FollowsEastAsianWidth) {
  EXPECT_EQ(display_width("law"), 3U);
  EXPECT_EQ(display_width("法律"), 4U);
  EXPECT_EQ(display_width("Ａ"), 2U) << "full-width letter";
  EXPECT_EQ(display_width("e\u0301"), 1U) << "letter and combining accent";
  EXPECT_EQ(display_width("😀"), 2U);
  EXPECT_EQ(display_width("👩‍🚀"), 2U) << "joined";
  EXPECT_EQ(display_width("👍🏽"), 2U) << "with a skin tone";
  EXPECT_EQ(display_width("❤️"), 2U) << "emoji style";
  EXPECT_EQ(terminal_safe("a\x1b[31m\n"), "a\\x1b[31m\\x0a");
  EXPECT_EQ(terminal_safe("\xff"), "\xEF\xBF\xBD");
}

TEST(Figures, CountGeneratedTokensBeyond32Bits) {
  Report report;
  report.run.cost_json =
      R"({"seconds": 1.5, "generated_tokens": 3000000000, "responses_from_store": 4294967296})";
  const auto lines = provenance(report);
  const std::map<std::string, std::string> by_name(lines.begin(), lines.end());
  EXPECT_EQ(by_name.at("took"),
            "1.5 s, 3,000,000,000 generated, 4,294,967,296 answers from the store");
}

TEST(Figures, OfLongAnswersAreNotRoundedAway) {
  Score score;
  score.value = 1.25e-9;
  score.stderr_value = 3.1e-10;
  EXPECT_EQ(value_text(score), "0.00000000125");
}

}  // namespace
}  // namespace flm
