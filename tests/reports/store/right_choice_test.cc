// Which choice lm-evaluation-harness counts as right, found again in what it logs.
#include "reports/store/right_choice.h"

#include <gtest/gtest.h>

#include <cmath>

namespace flm {
namespace {

using Choice = std::optional<std::size_t>;
using Values = std::vector<double>;
using Texts = std::vector<std::string_view>;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr Choice kUnknown = std::nullopt;

Choice right(const Values& values, const Texts& texts, std::string_view target,
             std::optional<double> acc = {}, double gold_margin = kNone) {
  return right_choice({values, texts, target, acc, gold_margin});
}

// Targets and acc of lm_eval 0.4.13's process_results, whose gold stands in its brier_score: a
// column of texts, one of numbers, one of booleans, over the same choices.
TEST(RightChoice, ATextOfDigitsIsNoIndex) {
  const Texts one_zero = {" 1", " 0"};
  EXPECT_EQ(right({-1.5, -2.25}, one_zero, "1", 1), 0U) << "the text";
  EXPECT_EQ(right({-2.25, -1.5}, one_zero, "1", 0), 0U);
  EXPECT_EQ(right({-2.25, -1.5}, one_zero, "0", 1), 1U);
  EXPECT_EQ(right({-1.5, -2.25}, one_zero, "1", 0), 1U) << "the index";
  EXPECT_EQ(right({-2.25, -1.5}, one_zero, "1", 1), 1U);
  EXPECT_EQ(right({-1.5, -2.25, -3}, {" 5", " 3", " 1"}, "3", 0), 1U) << "no index of three";
  EXPECT_EQ(right({-1.5, -2.25}, {" no", " yes"}, "True", 0), 1U) << "a boolean is an index";
  EXPECT_EQ(right({-1.5, -2.25}, {" True", " False"}, "True", 0), 1U);
  EXPECT_EQ(right({-1.5, -2.25}, {" True", " False"}, "True", 1), 0U);
}

TEST(RightChoice, WhatMayBeOneOrAnotherIsNotGuessed) {
  const Texts texts = {" 2", " 3", " 1", " 7"};
  EXPECT_EQ(right({-3, -2, -1, -4}, texts, "1", 1), 2U);
  EXPECT_EQ(right({-3, -1, -2, -4}, texts, "1", 1), 1U);
  EXPECT_EQ(right({-3, -1, -2, -4}, texts, "1", 0), 2U);
  EXPECT_EQ(right({-1, -3, -2, -4}, texts, "1", 0), kUnknown) << "wrong either way";
  EXPECT_EQ(right({-1, -3, -2, -4}, texts, "1"), kUnknown) << "no acc is logged";
  EXPECT_EQ(right({-1, -3, -2, -4}, texts, "4", 0), kUnknown) << "neither index nor text";
  EXPECT_EQ(right({-1, -3, -2, -4}, texts, "[1, 2]", 0), kUnknown) << "several are right";
  EXPECT_EQ(right({-1, -3, -2, -4}, texts, "", 0), kUnknown);
}

/// WinoGrande: choices are contexts, and the target stands behind all of them.
TEST(RightChoice, OfMultipleInputsEveryChoiceEndsInTheTarget) {
  const Texts same = {" is too big.", " is too big."};
  EXPECT_EQ(right({-1.5, -2.25}, same, "is too big.", 1), 0U);
  EXPECT_EQ(right({-1.5, -2.25}, same, "is too big.", 0), 1U);
  EXPECT_EQ(right({-2.25, -1.5}, same, "is too big.", 1), 1U);
  EXPECT_EQ(right({-2.25, -1.5}, same, "is too big.", 0), 0U);
}

TEST(RightChoice, AnIndexAndATextStandForThemselves) {
  EXPECT_EQ(right({-1, -2, -3}, {" a", " b", " c"}, "2"), 2U);
  EXPECT_EQ(right({-1, -2, -3}, {" a", " b", " c"}, "b"), 1U);
  EXPECT_EQ(right({-1, -2, -3}, {"\nA", "\nB", "\nC"}, "B"), 1U) << "any delimiter of blanks";
  EXPECT_EQ(right({-1, -2, -3}, {}, "2"), 2U) << "texts that are not at hand";
  EXPECT_EQ(right({-1, -2, -3}, {" a", " b", " c"}, "3"), kUnknown);
  EXPECT_EQ(right({-1, -2, -3}, {" a", " b", " c"}, "-1"), kUnknown);
  EXPECT_EQ(right({-1, -1, -3}, {" b", " b", " c"}, "b", 1), 0U) << "Python's list.index";
  EXPECT_EQ(right({}, {}, "0"), kUnknown);
}

TEST(RightChoice, OurMarginSaysWhichItIs) {
  EXPECT_EQ(right({-1.5, -2.25}, {" 1", " 0"}, "1", {}, 0.75), 0U);
  EXPECT_EQ(right({-1.5, -2.25}, {" 1", " 0"}, "1", {}, -0.75), 1U);
  EXPECT_EQ(right({-1.5, -2.25}, {}, "1", {}, 0.75), 0U) << "without the texts";
  EXPECT_EQ(right({-1.5, -1.5}, {" a", " b"}, "1", {}, 0), 1U) << "the target decides a tie";
  EXPECT_EQ(right({-1.5, -2.25, -4}, {" a", " b", " c"}, "[1, 2]", {}, -0.75), 1U);
}

/// Log-likelihoods that were put in place of those that the margin was computed of.
TEST(RightChoice, AMarginThatNoChoiceHasSaysNothing) {
  const Values values = {-13, -12};
  const Texts texts = {" 1", " 0"};
  EXPECT_EQ(right(values, texts, "1", 0, 0.25), 0U);
  EXPECT_DOUBLE_EQ(right_margin({values, texts, "1", 0, 0.25}), -1);
}

TEST(RightChoice, AMarginIsAgainstTheBestWrongOne) {
  const Values values = {-1.5, -2.25, -4};
  EXPECT_DOUBLE_EQ(right_margin({values, {}, "0"}), 0.75);
  EXPECT_DOUBLE_EQ(right_margin({values, {}, "1"}), -0.75);
  EXPECT_DOUBLE_EQ(right_margin({values, {}, "2"}), -2.5);
  EXPECT_DOUBLE_EQ(right_margin({values, {}, "[0, 1]", {}, 2.5}), 2.5) << "of several right ones";
  EXPECT_TRUE(std::isnan(right_margin({values, {}, "3"})));
  const Values one = {-1.5};
  EXPECT_TRUE(std::isnan(right_margin({one, {}, "0"})));
}

}  // namespace
}  // namespace flm
