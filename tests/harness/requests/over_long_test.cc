// lm-evaluation-harness keeps the last tokens: (context + continuation)[-(max_length + 1):][:-1] of
// a log-likelihood, and of a prompt its last max_length - max_gen_toks
// (lm_eval/models/huggingface.py).
#include "harness/requests/over_long.h"

#include <gtest/gtest.h>

#include <numeric>

#include "harness/requests/generate_line.h"
#include "harness/requests/score_line.h"
#include "tests/harness/plan/byte_tokenizer.h"

namespace flm {
namespace {

std::vector<std::int32_t> counted(std::int32_t n) {
  std::vector<std::int32_t> out(static_cast<std::size_t>(n));
  std::iota(out.begin(), out.end(), 0);
  return out;
}

TEST(OverLong, KeepsTheLastTokensOfAScoredText) {
  for (std::int32_t n = 1; n < 12; ++n)
    for (std::int32_t first = 1; first <= n; ++first)
      for (int max_length = 1; max_length < 12; ++max_length) {
        ScoreRequest request{counted(n), first, 0};
        const auto cut = cut_left(request, max_length);
        const std::vector<std::int32_t> all = counted(n);
        const auto keep = std::min<std::ptrdiff_t>(n, max_length + 1);
        if (n - first > max_length) {  // what is scored alone is too long
          EXPECT_FALSE(cut);
          EXPECT_EQ(request.tokens, all);
          continue;
        }
        ASSERT_TRUE(cut);
        EXPECT_EQ(*cut, n - keep);
        EXPECT_EQ(request.tokens, std::vector<std::int32_t>(all.end() - keep, all.end()));
        EXPECT_EQ(std::ssize(request.tokens) - request.first_scored, n - first) << "all of it";
      }
}

TEST(OverLong, KeepsTheEndOfAPromptWithRoomForTheAnswer) {
  GenerateRequest request;
  request.prompt = counted(10);
  request.max_new_tokens = 3;
  EXPECT_EQ(cut_left(request, 13), 0);
  EXPECT_EQ(cut_left(request, 8), 5);
  EXPECT_EQ(request.prompt, (std::vector<std::int32_t>{5, 6, 7, 8, 9}));
  EXPECT_EQ(cut_left(request, 3), std::nullopt) << "the new tokens alone fill it";
}

TEST(OverLong, LinesSayByHowMuchTheyWereCut) {
  const ByteTokenizer tokenizer(false);
  ScoreLineRules rules{300, 4, 0, [&]() -> const Tokenizer& { return tokenizer; }};
  const std::string line = R"({"tokens": [1,2,3,4,5,6,7], "first_scored": 5})",
                    all = R"({"tokens": [1,2,3,4,5,6,7]})";
  EXPECT_EQ(read_score_line(line, "f:1", 0, rules).error,
            "needs 6 model inputs; the context limit is 4; score it in several lines of tokens, "
            "with \"first_scored\" behind those that are context alone, or give --over-long "
            "truncate-left");
  rules.truncate_left = true;
  const ScoreLine cut = read_score_line(line, "f:1", 0, rules);
  EXPECT_EQ(cut.error, "");
  EXPECT_EQ(cut.cut, 2);
  EXPECT_EQ(cut.request.tokens, (std::vector<std::int32_t>{3, 4, 5, 6, 7}));
  EXPECT_EQ(cut.request.first_scored, 3);
  EXPECT_EQ(read_score_line(all, "f:1", 0, rules).error,
            "needs 6 model inputs; the context limit is 4; score it in several lines of tokens, "
            "with \"first_scored\" behind those that are context alone");

  GenerateLineRules generation{{}, false, tokenizer, 300, 4};
  const std::string prompt = R"({"prompt": "abcdef", "max_new_tokens": 3})";
  EXPECT_EQ(read_generate_line(prompt, "f:1", 0, generation).error,
            "the prompt has 6 tokens; the context limit is 4; shorten it, or give --over-long "
            "truncate-left");
  generation.truncate_left = true;
  const GenerateLine end = read_generate_line(prompt, "f:1", 0, generation);
  EXPECT_EQ(end.error, "");
  EXPECT_EQ(end.cut, 5);
  EXPECT_EQ(end.request.prompt, (std::vector<std::int32_t>{'f'}));
}

}  // namespace
}  // namespace flm
