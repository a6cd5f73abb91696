// Figures and widths as reports print them.
#include "reports/figures/figures.h"

#include <gtest/gtest.h>

#include <map>

#include "reports/figures/display_width.h"
#include "reports/figures/provenance.h"
#include "reports/figures/row_text.h"
#include "reports/figures/shares.h"

namespace flm {
namespace {

TEST(Figures, AMetricIsNamedWithItsFilterWhereThereIsOne) {
  EXPECT_EQ(metric_label("acc", "none", true), "acc ↑");
  EXPECT_EQ(metric_label("acc", "", true), "acc ↑");
  EXPECT_EQ(metric_label("word_perplexity", "strict", false), "word_perplexity (strict) ↓");
}

/// lm_eval's SQuAD has its f1, and sacrebleu BLEU, from 0 to 100: 0.8 is less than a hundredth
/// there.
TEST(Figures, AreSharesByTheirNameWhereTheyLieBetweenZeroAndOne) {
  const auto share = [](const std::string& name, double value) {
    Score score;
    score.metric = name;
    score.value = value;
    return is_share(score);
  };
  for (const char* name : {"acc", "acc_norm", "exact_match", "pass@1", "pass_at_1", "pass"})
    EXPECT_TRUE(share(name, 0.8)) << name;
  for (const char* name : {"f1", "bleu", "mcc", "gold_margin", "passages"})
    EXPECT_FALSE(share(name, 0.8)) << name;
  EXPECT_FALSE(share("exact_match", 80));
  MetricComparison metric;
  metric.metric = "em";
  metric.a = metric.b = 0.5;
  EXPECT_FALSE(is_share(metric));
  metric.only_a = 3;  // right and wrong answers
  EXPECT_TRUE(is_share(metric));
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

/// As the Python package wcwidth 0.9.4 counts them.
TEST(DisplayWidth, OfPiecesThatAreDrawnAsOne) {
  EXPECT_EQ(display_width("\u1112\u1161\u11ab\u1100\u1173\u11af"), 4U) << "Hangul in pieces";
  EXPECT_EQ(display_width("\u1160\ud7b0"), 0U) << "a vowel alone";
  EXPECT_EQ(display_width("a\u00adb"), 3U) << "soft hyphen";
  EXPECT_EQ(display_width("\u0604"), 1U) << "Arabic sign before a number";
  EXPECT_EQ(display_width("\U0001F1E9\U0001F1EA"), 2U) << "a flag";
  EXPECT_EQ(display_width("\U0001F1E9"), 2U) << "half a flag";
  EXPECT_EQ(display_width("\U0001F1E9\U0001F1EA\U0001F1EB"), 4U);
  EXPECT_EQ(display_width("\u200b\u2061"), 0U);
}

/// Every character with Unicode's property Bidi_Control (PropList.txt).
TEST(TerminalSafe, SpellsOutWhatTurnsALineAround) {
  EXPECT_EQ(terminal_safe("a\u202eb"), "a\\u202eb");
  EXPECT_EQ(terminal_safe("\u061c\u200e\u200f"), "\\u061c\\u200e\\u200f");
  EXPECT_EQ(terminal_safe("\u202a\u202b\u202c\u202d"), "\\u202a\\u202b\\u202c\\u202d");
  EXPECT_EQ(terminal_safe("\u2066\u2067\u2068\u2069"), "\\u2066\\u2067\\u2068\\u2069");
  EXPECT_EQ(terminal_safe("א\u200d"), "א\u200d") << "writing itself, and a joiner";
}

TEST(Figures, LieBetweenTwoOthersOfAnySize) {
  EXPECT_EQ(share_between(1, 3, 1.5), 0.25);
  EXPECT_EQ(share_between(2, 2, 2), 0.5);
  EXPECT_EQ(share_between(-1.5e308, 1.5e308, 1.5e308), 1) << "whose difference is no double";
  EXPECT_EQ(share_between(-1.5e308, 1.5e308, 0), 0.5);
}

TEST(Figures, OfCutAnswersSayWhyTheyHaveNoError) {
  Score score;
  score.value = 0.5;
  score.cut = 1;
  score.error_reason = "one item has no error";
  EXPECT_EQ(remark_text(score), "100% cut; one item has no error");
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
