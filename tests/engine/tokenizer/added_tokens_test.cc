// Many added tokens that begin alike: those of the tokenizers library, and in little time.
#include "engine/tokenizer/added_tokens.h"

#include <gtest/gtest.h>

#include <ctime>
#include <nlohmann/json.hpp>
#include <random>

#include "base/documents/json.h"
#include "engine/tokenizer/longest_prefix.h"
#include "engine/tokenizer/tokenizer_json.h"
#include "tests/engine/tokenizer/checks.h"

namespace flm {
namespace {

TEST(AddedTokens, ThatBeginAlikeEqualTheLibrary) {
  const Json recorded = read_json_file(kFixtures + "added.json");
  Json file = read_json_file(kFixtures + "pieces/llama2-normalized.json");
  for (const Json& token : recorded["tokens"]) file["added_tokens"].push_back(token);
  const auto tokenizer = parse_tokenizer_json(file.dump(), "tokenizer.json", {}, AddBos::kOff);
  ASSERT_GT(recorded["cases"].size(), 100U);
  for (const Json& one : recorded["cases"]) {
    const std::string text = one[0];
    EXPECT_EQ(tokenizer->encode(text, false).ids, one[1].get<std::vector<std::int32_t>>()) << text;
  }
}

/// tokenize() of a slow class of transformers 5.24: white space that rstrip took is gone, also
/// where a token of white space lies in it. The tokenizers library has both.
TEST(AddedTokens, OfASlowClassAreNotSoughtInWhiteSpaceThatOneTook) {
  const AddedTokens added({{.content = "<a>", .rstrip = true}, {.content = "\t"}});
  const auto parts = [&](const std::string& text, bool slow) {
    std::vector<std::string> out;
    for (const TextPart& part :
         slow ? added.split_all(text) : added.split(text, 0, text.size(), false))
      out.push_back(part.token ? part.token->content
                               : text.substr(part.begin, part.end - part.begin));
    return out;
  };
  using Parts = std::vector<std::string>;
  EXPECT_EQ(parts("<a>\tx", true), (Parts{"<a>", "x"}));
  EXPECT_EQ(parts("<a>x\t", true), (Parts{"<a>", "x", "\t"}));
  EXPECT_EQ(parts("<a>\t<a>x", true), (Parts{"<a>", "<a>", "x"}));
  EXPECT_EQ(parts("<a>\tx", false), (Parts{"<a>", "\t", "x"}));
}

TEST(LongestPrefix, IsThatOfASearchThroughAll) {
  std::mt19937 draw(5);
  const auto letters = [&](std::size_t most) {
    std::string out;
    for (std::size_t left = draw() % most; left > 0; --left) out += "ab\xff"[draw() % 3];
    return out;
  };
  for (int round = 0; round < 200; ++round) {
    std::vector<std::pair<std::string, std::uint32_t>> strings;
    for (std::uint32_t i = 0; i < draw() % 40; ++i) strings.emplace_back("a" + letters(6), i);
    const LongestPrefix prefixes(strings);
    for (int text_number = 0; text_number < 50; ++text_number) {
      const std::string text = letters(9);
      std::optional<std::uint32_t> longest;
      std::size_t size = 0;
      for (const auto& [string, value] : strings)
        if (text.starts_with(string) && string.size() > size) {
          longest = value;  // of equal ones the first
          size = string.size();
        }
      ASSERT_EQ(prefixes.find(text), longest) << text;
    }
  }
}

// Each token was compared at each place where the first byte stands: 12,000 million comparisons.
TEST(AddedTokens, TwentyThousandOfOneFirstByteAreNoLongerSearch) {
  std::vector<AddedToken> tokens;
  for (int i = 0; i < 20'000; ++i) tokens.push_back({.content = "<" + std::to_string(i) + ">"});
  const AddedTokens added(std::move(tokens));
  std::string text;
  for (int i = 0; i < 600'000; ++i) text += i % 100 == 0 ? "<19999>" : "<1234x";
  const std::clock_t start = std::clock();
  const std::vector<TextPart> parts = added.split(text, 0, text.size(), false);
  EXPECT_LT(std::clock() - start, 2 * CLOCKS_PER_SEC);
  EXPECT_EQ(parts.size(), 12'000U);
}

}  // namespace
}  // namespace flm
