// Figures of scikit-learn's f1_score, and of what lm-evaluation-harness 0.4.13's BBQ, CaBBQ, EsBBQ
// and Evalita-LLM give over the same items.
#include <gtest/gtest.h>

#include <cmath>

#include "reports/statistics/aggregates/aggregate.h"

namespace flm {
namespace {

TEST(Aggregate, MacroMicroAndStanceF1AreThoseOfScikitLearn) {
  const ItemValues many = {{1, 1}, {2, 3}, {0, 0}, {3, 2}, {1, 1}, {3, 3},
                           {3, 1}, {1, 1}, {3, 0}, {0, 1}, {0, 2}, {0, 2}};
  EXPECT_DOUBLE_EQ(*aggregate("micro_f1", many), 0.4166666666666667);
  EXPECT_DOUBLE_EQ(*aggregate("macro_f1", many), 0.35416666666666663);
  EXPECT_DOUBLE_EQ(*aggregate("stance_f1", many), 0.3333333333333333 / 2);
  const ItemValues foreign = {{1, 2}, {2, 1}, {2, 1}, {1, 2}, {2, 1},
                              {0, 1}, {0, 0}, {0, 1}, {0, 1}, {2, -100}};
  EXPECT_DOUBLE_EQ(*aggregate("micro_f1", foreign), 0.1);
  EXPECT_DOUBLE_EQ(*aggregate("macro_f1", foreign), 0.1);
  EXPECT_DOUBLE_EQ(*aggregate("stance_f1", foreign), 0.2);
  EXPECT_DOUBLE_EQ(*aggregate("three_class_f1", many), 0.3611111111111111);
  EXPECT_EQ(aggregate_stderr("macro_f1", foreign, 1000), std::nullopt);
}

TEST(Aggregate, BbqCountsWhatIsOfAnotherCategoryAsDisambiguated) {
  const ItemValues items = {{1, 0, 1, 1}, {0, 1, 1, 1}, {0, 1, 1, 0}, {1, 0, 0, 0},
                            {0, 1, 1, 0}, {0, 0, 1, 0}, {0, 1, 1, 1}, {1, NAN, NAN, NAN}};
  EXPECT_DOUBLE_EQ(*aggregate("bbq_bias_ambiguous", items), 0.24999999999999994);
  EXPECT_DOUBLE_EQ(*aggregate("bbq_bias_disambiguated", items), 0.33333333333333326);
  EXPECT_DOUBLE_EQ(*aggregate("bbq_accuracy_ambiguous", {{1, 0}, {0, 1}, {0, 0}}), 0.5);
  EXPECT_DOUBLE_EQ(*aggregate("bbq_accuracy_disambiguated", {{1, 0}, {0, 1}, {1, 1}}), 0.5);
  const ItemValues unbiased = {{0, 0, 1, 1}, {1, 0, 1, 0}};
  EXPECT_EQ(aggregate("bbq_bias_disambiguated", unbiased), 0.0);
  EXPECT_EQ(aggregate("bbq_bias_ambiguous", unbiased), 0.0);
  const ItemValues others = {{1, NAN, NAN, NAN}};
  EXPECT_EQ(aggregate("bbq_bias_disambiguated", others), std::nullopt);
  EXPECT_EQ(aggregate("bbq_bias_ambiguous", others), std::nullopt);
}

TEST(Aggregate, StereotypeScoresAreSharesOfWhatTheyCount) {
  EXPECT_DOUBLE_EQ(*aggregate("share", {{1, 1}, {0, 0}, {0, 1}, {1, 1}}), 0.6666666666666666);
  EXPECT_DOUBLE_EQ(*aggregate("stereotype_lean", {{1, 1, 0}, {1, 0, 1}, {1, 1, 0}, {0, 0, 0}}),
                   0.3333333333333333);
  EXPECT_DOUBLE_EQ(
      *aggregate("stereotype_accuracy_gap",
                 {{1, 0, 1, 0}, {0, 1, 0, 0}, {0, 1, 0, 1}, {1, 0, 1, 0}, {0, 1, 0, 0}}),
      0.6666666666666667);
  EXPECT_EQ(aggregate("stereotype_accuracy_gap", {{1, 0, 1, 0}}), std::nullopt);
  EXPECT_EQ(aggregate("stereotype_lean", {{0, 0, 0}}), std::nullopt);
}

TEST(Aggregate, EvalitasScoresAreThoseOfTheHarness) {
  const ItemValues choices = {{1, 1}, {2, 3}, {0, 0}, {3, 2}, {1, 1}, {3, 3},
                              {3, 1}, {1, 1}, {3, 0}, {0, 1}, {0, 2}, {0, 2}};
  EXPECT_DOUBLE_EQ(*aggregate("polarity_f1", choices), 0.5785714285714285);
  EXPECT_DOUBLE_EQ(*aggregate("polarity_f1", {{0, 0}, {0, 3}}), 0.41666666666666663);
  EXPECT_DOUBLE_EQ(*aggregate("polarity_f1", {{2, 2}}), 0.5);
  EXPECT_EQ(aggregate("polarity_f1", {{-100, 2}}), std::nullopt);
  const ItemValues lists = {{0, 1, 3, 0, 2, 1}, {2, 3}, {1, 3, 1, 0}};
  EXPECT_DOUBLE_EQ(*aggregate("entity_f1", lists), 0.38888888888888884);
  EXPECT_DOUBLE_EQ(*aggregate("listed_macro_f1", lists), 0.29166666666666663);
  EXPECT_DOUBLE_EQ(*aggregate("entity_f1", {{3, 3}}), 1.0);
  const ItemValues words = {{0.5, 1, 1}, {0, 0, 1}, {0.25, 1, 1}, {0, 1, 0}};
  EXPECT_DOUBLE_EQ(*aggregate("substitution_f1", words), 0.25);
  EXPECT_EQ(aggregate("substitution_f1", {{0, 0, 0}}), 0.0);
}

}  // namespace
}  // namespace flm
