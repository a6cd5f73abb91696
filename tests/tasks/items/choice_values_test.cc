// Values of choices and of generated numbers where several answers are right, and of texts of which
// bytes are left out; figures by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tasks/scoring/known_metrics.h"

namespace flm {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;

/// The right answers 1 and 2, of which the second is likelier; the likeliest of all is wrong.
ChoiceAnswers two_right() {
  ChoiceAnswers answers;
  answers.logprobs = {-0.5, -3, -2, -1};
  answers.choices = {"a", "bb", "ccc", "dddd"};
  answers.bytes = {1, 2, 3, 4};
  answers.gold = {1, 2};
  answers.gold_is_list = true;
  return answers;
}

TEST(ChoiceValues, OfSeveralRightAnswersTheLikeliestCounts) {
  const ChoiceAnswers answers = two_right();
  EXPECT_THAT(choice_likelihood(answers), ElementsAre(-2));
  EXPECT_THAT(choice_gold_margin(answers), ElementsAre(-2 - -0.5));
  EXPECT_THAT(choice_gold_bpb(answers), ElementsAre(DoubleEq(2 / (3 * std::log(2.0)))));
  const double all = std::exp(-0.5) + std::exp(-3.0) + std::exp(-2.0) + std::exp(-1.0);
  EXPECT_THAT(choice_gold_prob(answers),
              ElementsAre(DoubleEq((std::exp(-3.0) + std::exp(-2.0)) / all)));
}

/// evaluate's f1 of one pair is scikit-learn's f1_score([reference], [prediction]): the label 1 has
/// to be there, unless every label's is asked for.
TEST(GeneratedNumbers, HaveAnF1OfTheLabelOne) {
  const KnownMetric* f1 = nullptr;
  for (const KnownMetric& metric : known_metrics())
    if (metric.name == "f1" && metric.generation) f1 = &metric;
  ASSERT_TRUE(f1);
  const auto value = [&](const char* prediction, const char* target, bool macro) {
    MetricSpec spec;
    if (macro) spec.arguments = {{"average", PyValue("macro")}};
    const PyValue said(prediction), right(target);
    const std::vector<std::string> choices;
    return f1->generation({said, right, choices, false, spec, ExactMatch(spec)}).at(0);
  };
  EXPECT_EQ(value("1", "1", false), 1);
  EXPECT_EQ(value("0", "0", false), 0);
  EXPECT_EQ(value("0", "1", false), 0);
  EXPECT_EQ(value("0", "0", true), 1);
  EXPECT_EQ(value("2", "3", true), 0);
}

TEST(RollingValues, LeaveOutTheBytesThatNoTokenHas) {
  RequestAnswer answer;
  answer.logprob = -12.5;
  answer.excluded_bytes = 3;
  answer.tokens = 7;
  EXPECT_THAT(rolling_value("bpb", "ten bytes!", answer), ElementsAre(12.5, 7, 7));
}

}  // namespace
}  // namespace flm
