// Patterns and pre-tokenizers against the tokenizers library (Oniguruma, Unicode 16.0).
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "base/sha256.h"
#include "base/text/utf8.h"
#include "engine/tokenizer/components/pre_tokenizer.h"
#include "engine/tokenizer/normalizers/unicode_forms.h"
#include "engine/tokenizer/regex/regex.h"
#include "tests/engine/tokenizer/checks.h"

namespace flm {
namespace {

std::vector<const Json*> pointers(const Json& steps) {
  std::vector<const Json*> out;
  for (const Json& step : steps) out.push_back(&step);
  return out;
}

/// The words of a text as [begin, end) in code points.
Json words_of(const PreTokenizer& pre_tokenizer, const std::string& text) {
  Json out = Json::array();
  for (const ByteSpan& word : pre_tokenizer.split(text))
    out.push_back({utf8_length(text.substr(0, word.begin)), utf8_length(text.substr(0, word.end))});
  return out;
}

TEST(Patterns, SplitWhereTheLibraryDoes) {
  const Json recorded = read_json_file(kFixtures + "patterns.json");
  ASSERT_EQ(recorded["patterns"].size(), 33u);
  for (const Json& pattern : recorded["patterns"]) {
    const PreTokenizer pre_tokenizer(pointers(pattern["steps"]),
                                     pattern["name"].get<std::string>());
    for (std::size_t i = 0; i < recorded["texts"].size(); ++i)
      EXPECT_EQ(words_of(pre_tokenizer, recorded["texts"][i]), pattern["words"][i])
          << pattern["name"] << " " << recorded["texts"][i];
  }
}

/// Every character that is assigned in Unicode 16.0 and not of private use.
const std::u32string& characters() {
  static const std::u32string all = [] {
    std::u32string out;
    const CharacterSet set =
        category_set(0x3FFFFFFFu & ~(U_GC_CN_MASK | U_GC_CO_MASK | U_GC_CS_MASK));
    for (std::int32_t i = 0; i < set.getRangeCount(); ++i)
      for (UChar32 c = set.getRangeStart(i); c <= set.getRangeEnd(i); ++c)
        out += static_cast<char32_t>(c);
    return out;
  }();
  return all;
}

/// How many of them a pattern finds, and the digest of their ranges, as make_property_fixtures.py
/// has it.
Json found_by(const std::string& pattern) {
  const Regex regex(pattern, false, "test");
  Regex::Matcher matcher(regex);
  std::vector<std::pair<char32_t, char32_t>> ranges;
  std::size_t count = 0;
  for (const char32_t c : characters()) {
    std::string text;
    utf8_append(text, c);
    if (!matcher.find(text, 0)) continue;
    ++count;
    if (!ranges.empty() && ranges.back().second + 1 == c)
      ranges.back().second = c;
    else
      ranges.emplace_back(c, c);
  }
  std::string whole;
  char text[32];
  for (const auto& [first, last] : ranges) {
    std::snprintf(text, sizeof text, "%x-%x,", static_cast<unsigned>(first),
                  static_cast<unsigned>(last));
    whole += text;
  }
  return {count, sha256_hex(whole)};
}

TEST(Patterns, PropertiesHoldTheLibrarysCharacters) {
  const Json recorded = read_json_file(kFixtures + "properties.json");
  ASSERT_GT(recorded.size(), 120u);
  for (const auto& [pattern, expected] : recorded.items())
    EXPECT_EQ(found_by(pattern), expected) << pattern;
}

TEST(Patterns, WhatHasNoEqualIsRefused) {
  for (const char* pattern :
       {R"(\X)",     R"((a)\1)",        R"((?<n>a)\k<n>)",  R"(\Ga)",    R"(a\Kb)",   R"((?~abc))",
        R"((?{x}))", R"(\p{Nonsense})", R"([a-\d])",        R"([\w-z])", R"([a)",     R"((a)",
        R"(a))",     R"(*a)",           R"(\xFF)",          R"(\y)",     R"(a{3,1})", R"((?i:[ß]))",
        R"(a+*)",    R"((?i-s:a))",     R"([[:nonsense:]])"}) {
    try {
      const Regex regex(pattern, false, "FILE");
      ADD_FAILURE() << "not refused: " << pattern;
    } catch (const UserError& error) {
      EXPECT_TRUE(std::string(error.what()).starts_with("FILE: ")) << error.what();
    }
  }
}

/// What the library's steps outside of its patterns hold of each version of Unicode.
TEST(Patterns, OtherStepsHaveOtherVersionsOfUnicode) {
  const auto words = [](Json step, const std::string& text) {
    const Json steps = Json::array({std::move(step)});
    return PreTokenizer(pointers(steps), "test").split(text).size();
  };
  const Json punctuation = {{"type", "Punctuation"}, {"behavior", "Isolated"}};
  EXPECT_EQ(words(punctuation, "a\u2E42b"), 3u);  // 7.0
  EXPECT_EQ(words(punctuation, "a\u2E43b"), 1u);  // 9.0
  EXPECT_EQ(words(punctuation, "a$b"), 3u);
  EXPECT_EQ(words(punctuation, "a€b"), 1u);
  const Json digits = {{"type", "Digits"}, {"individual_digits", true}};
  EXPECT_EQ(words(digits, "a\U00011DE0b"), 3u);  // 17.0
  EXPECT_EQ(words(Json{{"type", "Whitespace"}}, "a\u200Cb c.d"), 4u);
}

TEST(UnicodeForms, AreThoseOfUnicode9) {
  const auto in = [](UnicodeForm form, const std::string& text) {
    return to_form(form, {text, {}}).text;
  };
  EXPECT_EQ(in(UnicodeForm::kNfd, "x\u1DFB\u0323"), "x\u0323\u1DFB");  // 9.0: reordered
  EXPECT_EQ(in(UnicodeForm::kNfd, "x\u1DF6\u0323"), "x\u1DF6\u0323");  // 10.0: not
  EXPECT_EQ(in(UnicodeForm::kNfd, "\U00011938"), "\U00011938");        // 13.0
  EXPECT_EQ(in(UnicodeForm::kNfkc, "ﬁ①\u32FF"), "fi1\u32FF");          // 12.1
  EXPECT_EQ(in(UnicodeForm::kNfkd, "é"), "e\u0301");
  EXPECT_EQ(in(UnicodeForm::kNfc, "e\u0301"), "é");
  EXPECT_EQ(without_accents({"e\u0301\u1DF6", {}}).text, "e\u1DF6");
  EXPECT_EQ(in_lower_case({"ΑΣ İ\U00016EA0\uA7DC", {}}).text, "ασ i\u0307\U00016EBB\u019B");
}

}  // namespace
}  // namespace flm
