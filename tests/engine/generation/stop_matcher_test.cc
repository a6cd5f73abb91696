#include "engine/generation/stop_matcher.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/engine/generation/toy_model.h"

namespace flm {
namespace {

constexpr std::int32_t kThe = 5, kAb = 6, kBreak = 7, kQuestion = 8, kBc = 9;

std::int32_t letter(char c) { return 10 + c - '0'; }

struct Outcome {
  std::size_t tokens = 0;  // 0: no stop
  std::string text;
  bool operator==(const Outcome&) const = default;
};

Outcome run(const std::vector<std::string>& stops, const std::vector<std::int32_t>& tokens,
            const ToyTokenizer& tokenizer = {}) {
  StopMatcher matcher(stops, tokenizer);
  for (std::size_t n = 1; n <= tokens.size(); ++n) {
    if (auto text = matcher.advance(std::span(tokens).first(n))) return {n, *text};
  }
  return {};
}

TEST(StopMatcher, FindsAStopAcrossTokens) {
  EXPECT_EQ(run({"abbc"}, {kThe, kAb, kBc, kAb}), (Outcome{3, "the"}));
  EXPECT_EQ(run({"\n\nQ:"}, {kAb, kBreak, kQuestion}), (Outcome{3, "ab"}));
}

TEST(StopMatcher, FindsAStopInTheMiddleOfAToken) {
  EXPECT_EQ(run({"eab"}, {kThe, kAb}), (Outcome{2, "th"}));
  EXPECT_EQ(run({"\n"}, {kAb, kBreak}), (Outcome{2, "ab"}));
  EXPECT_EQ(run({"ea"}, {kThe, kAb}), (Outcome{2, "th"}));
}

/// What lm-evaluation-harness 0.4.13 does (postprocess_generated_text): of two that overlap the
/// first of the list is cut off, and the other is not there any more.
TEST(StopMatcher, StopsCutTheTextInTurn) {
  EXPECT_EQ(run({"b", "ab"}, {kThe, kAb}), (Outcome{2, "thea"}));
  EXPECT_EQ(run({"ab", "b"}, {kThe, kAb}), (Outcome{2, "the"}));
  EXPECT_EQ(run({"e", "the"}, {kAb, kThe}), (Outcome{2, "ab th"}));
  EXPECT_EQ(run({"e", "b"}, {kThe, kAb}), (Outcome{1, "th"}));
}

TEST(StopMatcher, NoStopNoEnd) {
  EXPECT_EQ(run({}, {kAb, kBc}), Outcome{});
  EXPECT_EQ(run({"abc"}, {kAb, kBc, kThe}), Outcome{});
}

TEST(StopMatcher, TheDroppedLeadingSpaceIsNoText) {
  EXPECT_EQ(run({" the"}, {kThe, kThe}), (Outcome{2, "the"}));
  EXPECT_EQ(run({"the"}, {kThe}), (Outcome{1, ""}));
}

TEST(StopMatcher, FindsCharactersInBytePieces) {
  EXPECT_EQ(run({"é"}, {kAb, 3, 4}), (Outcome{3, "ab"}));
  EXPECT_EQ(run({"é"}, {kAb, 3, kAb}), Outcome{});
  EXPECT_EQ(run({"\uFFFD"}, {kAb, 3}), (Outcome{2, "ab"}));
}

TEST(StopMatcher, SpecialTokensAreSkippedOrAreTheStop) {
  EXPECT_EQ(run({"abbc"}, {kAb, 1, kBc}), (Outcome{3, ""})) << "the text is abbc";
  EXPECT_EQ(run({"</s>"}, {kAb, kToyEos, kBc}), (Outcome{2, "ab"}));
  EXPECT_EQ(run({"b</s>"}, {1, kAb, kToyEos}), (Outcome{3, "ab"}));
  EXPECT_EQ(run({"<s>bc"}, {kThe, kAb, 1, kBc}), (Outcome{4, "theabbc"}));
}

/// As clean_up_tokenization_spaces does of " n't" and " .".
TEST(StopMatcher, FindsAStopWhereDecodingTakesASpaceAway) {
  ToyTokenizer tokenizer;
  tokenizer.cleans_up = true;
  EXPECT_EQ(run({"bthe"}, {kAb, kThe}, tokenizer), (Outcome{2, "a"}));
  EXPECT_EQ(run({"bthe"}, {kAb, kThe}), Outcome{}) << "the text is \"ab the\"";
  EXPECT_EQ(run({"b the"}, {kAb, kThe}, tokenizer), Outcome{}) << "the text is \"abthe\"";
  EXPECT_EQ(run({" "}, {kAb, kThe, kAb}), (Outcome{2, "ab"})) << "nothing but a space";
  EXPECT_EQ(run({" "}, {kAb, kThe, kAb}, tokenizer), Outcome{});
}

TEST(StopMatcher, ASpaceAtTheEndComesWithTheNextToken) {
  EXPECT_EQ(run({"ab "}, {kAb, kThe}), (Outcome{2, ""})) << "the text is \"ab the\"";
  EXPECT_EQ(run({"ab "}, {kAb, kAb, kBc, kThe}), Outcome{}) << "ababbc the";
  EXPECT_EQ(run({"the "}, {kAb, kThe, kThe}), (Outcome{3, "ab "}));
}

using Stops = std::vector<std::vector<std::string>>;

/// Against the plain rule: after each token decode everything and look.
void expect_agreement(const Stops& all_stops, const std::vector<std::int32_t>& alphabet,
                      int wanted) {
  ToyTokenizer tokenizer;
  std::mt19937 random(3);
  int stopped = 0;
  for (int round = 0; round < 8000; ++round) {
    tokenizer.cleans_up = round >= 4000;
    const auto& stops = all_stops[round % all_stops.size()];
    std::vector<std::int32_t> tokens(12);
    for (auto& id : tokens) id = alphabet[random() % alphabet.size()];
    Outcome expected;
    for (std::size_t n = 1; n <= tokens.size() && expected.tokens == 0; ++n) {
      const std::string text = tokenizer.decode(std::span(tokens).first(n), true);
      std::string cut = text;
      for (const auto& stop : stops) cut = cut.substr(0, cut.find(stop));
      if (cut != text) expected = {n, cut};
    }
    ASSERT_EQ(run(stops, tokens, tokenizer), expected) << tokenizer.decode(tokens, false);
    stopped += expected.tokens > 0;
  }
  EXPECT_GT(stopped, wanted);
}

TEST(StopMatcher, AgreesWithDecodingAfterEachToken) {
  expect_agreement(
      {{"ab", "bca"}, {"\n\nQ:ab"}, {"b"}, {" the the"}, {"eab", "bc\n"}, {"é", "abé"}, {"AB"}},
      {3, 4, kThe, kAb, kBreak, kQuestion, kBc, letter('A'), letter('B'), 1}, 2000);
}

TEST(StopMatcher, AgreesWhereStopsEndInASpace) {
  expect_agreement({{"ab "}, {"c ", "A "}, {"e "}, {"b the "}, {"A  ", "B the "}},
                   {3, 4, kThe, kThe, kAb, kBreak, kBc, letter('A'), letter('B')}, 800);
}

}  // namespace
}  // namespace flm
