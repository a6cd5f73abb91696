#include "base/text/nearest_name.h"

#include <gtest/gtest.h>

namespace flm {
namespace {

TEST(NearestName, CountsAnExchangeOnce) {
  EXPECT_EQ(nearest_name("rnu", {"report", "run", "track"}), "run");
  EXPECT_EQ(nearest_name("--taks", {"--model", "--tasks"}), "--tasks");
}

/// Of equal distance the one that begins alike: mmmlu is one letter from both.
TEST(NearestName, PrefersTheSameBeginning) {
  EXPECT_EQ(nearest_name("mmmlu", {"cmmlu", "mmlu"}), "mmlu");
  EXPECT_EQ(nearest_name("mmmlu", {"mmlu", "cmmlu"}), "mmlu");
}

TEST(NearestName, TakesCapitalsForSmallLetters) {
  EXPECT_EQ(nearest_name("MMLU", {"cmmlu", "mmlu", "gsm8k"}), "mmlu");
  EXPECT_EQ(nearest_name("C-Eval", {"ceval", "c3"}), "ceval");
  EXPECT_EQ(nearest_name("hellaswag", {"HellaSwag", "winogrande"}), "HellaSwag");
}

TEST(NearestName, IsSilentBeyondTwoOfFiveLetters) {
  EXPECT_EQ(nearest_name("mmlu_pro", {"cmmlu_arts", "gsm8k"}), "");
  EXPECT_EQ(nearest_name("piqa", {"bpb", "drop"}), "");
  EXPECT_EQ(nearest_name("ifeval", {"ceval", "c3"}), "") << "two edits, and another beginning";
  EXPECT_EQ(nearest_name("cevla", {"ceval", "c3"}), "ceval");
  EXPECT_EQ(nearest_name("odel", {"model"}), "model");
  EXPECT_EQ(nearest_name("ab", {"xy"}), "");
}

}  // namespace
}  // namespace flm
