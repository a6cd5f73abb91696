// A text that is cut and encoded piece by piece has the ids of the whole text.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/system/files.h"
#include "engine/tokenizer.h"
#include "tests/engine/tokenizer/checks.h"
#include "tests/engine/tokenizer/random_texts.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

std::string tokenizer_json(const std::string& style) {
  return read_file(std::string(FLM_SOURCE_DIR) + "/tests/engine/tokenizer/fixtures/" + style +
                   ".json");
}

std::unique_ptr<Tokenizer> open_json(const std::string& json) {
  const TemporaryFolder folder;
  write_file_atomically(folder.path() + "/tokenizer.json", json);
  return Tokenizer::open({folder.path()});
}

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

/// The fixtures again without tokens that take white space with them, which rule out every cut.
std::vector<std::unique_ptr<Tokenizer>> tokenizers_with_cuts() {
  std::vector<std::unique_ptr<Tokenizer>> all;
  for (const std::string style : {"gpt2", "llama3", "qwen2", "smollm"}) {
    std::string json = tokenizer_json(style);
    for (const std::string key : {"\"lstrip\": true", "\"rstrip\": true"})
      json = replace_all(json, key, key.substr(0, 9) + " false");
    all.push_back(open_json(json));
  }
  return all;
}

std::vector<std::size_t> cuts_of(const Tokenizer& tokenizer, const std::string& text) {
  std::vector<std::size_t> cuts;
  for (std::size_t at = 0; (at = tokenizer.next_cut(text, at)) != text.npos;) cuts.push_back(at);
  return cuts;
}

/// Lines of pieces; newlines stand next to everything that may matter to a cut.
std::string text_of_lines(Texts& texts, std::mt19937_64& random) {
  static constexpr std::array kBreaks = {"\n",     "\n\n",     "\r\n",     " \n",    "\n ",
                                         "\t\n\t", "\u00a0\n", "\n\u3000", "</s>\n", "\n</s>",
                                         "!\n",    "\n\u0301", "\u2028\n", "\n\r",   "9\n",
                                         "\n'll",  "\u2581\n", "\n\u2581"};
  std::string text;
  for (std::size_t n = 1 + random() % 6; n > 0; --n)
    text += texts.next() + kBreaks[random() % kBreaks.size()];
  return text + texts.next();
}

void expect_cuts_hold(const Tokenizer& tokenizer, int rounds, std::size_t& cuts) {
  Texts texts(7);
  std::mt19937_64 random(11);
  RepeatingEncoder encoder(tokenizer);
  for (int i = 0; i < rounds; ++i) {
    const std::string text = text_of_lines(texts, random);
    const std::vector<std::int32_t> whole = tokenizer.encode_ids(text);
    for (const std::size_t at : cuts_of(tokenizer, text)) {
      ++cuts;
      std::vector<std::int32_t> ids = tokenizer.encode_ids(text.substr(0, at));
      const std::vector<std::int32_t> rest = tokenizer.encode_after_cut(text.substr(at));
      ids.insert(ids.end(), rest.begin(), rest.end());
      ASSERT_EQ(ids, whole) << testing::PrintToString(text) << " cut at " << at;
    }
    ASSERT_EQ(encoder.encode_ids(text), whole) << testing::PrintToString(text);
    // Continuations of the same text, and the text cut anywhere between characters.
    for (const std::string tail : {" A", " B", "\n", "", "<", "\u0301"})
      ASSERT_EQ(encoder.encode_ids(text + tail), tokenizer.encode_ids(text + tail));
    std::size_t at = random() % (text.size() + 1);
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
    const bool special = random() % 2 == 0;
    ASSERT_EQ(encoder.encode_ids(text.substr(0, at), special),
              tokenizer.encode_ids(text.substr(0, at), special));
  }
}

TEST(TokenizerCuts, EveryTokenizerKeepsItsIds) {
  for (const auto& tokenizer : every_tokenizer()) {
    std::size_t cuts = 0;
    expect_cuts_hold(*tokenizer, 60, cuts);
  }
}

TEST(TokenizerCuts, KnownPatternsAreCut) {
  for (const auto& tokenizer : tokenizers_with_cuts()) {
    std::size_t cuts = 0;
    expect_cuts_hold(*tokenizer, 400, cuts);
    EXPECT_GT(cuts, 400u);
  }
}

/// What stands at a newline of the whole text is another thing where a part begins there.
TEST(TokenizerCuts, NormalizersThatReachOverANewlineRuleCutsOut) {
  for (const std::string step :
       {R"({"type": "Strip", "strip_left": true, "strip_right": true})", R"({"type": "Nmt"})",
        R"({"type": "Prepend", "prepend": "\u2581"})", R"({"type": "StripAccents"})",
        R"({"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "})"}) {
    for (const std::string style : {"gpt2", "smollm"}) {
      const auto tokenizer = open_json(
          replace_all(tokenizer_json(style), "\"normalizer\": null", "\"normalizer\": " + step));
      std::size_t cuts = 0;
      expect_cuts_hold(*tokenizer, 60, cuts);
      EXPECT_EQ(cuts, 0u) << step;
    }
  }
}

TEST(TokenizerCuts, AddedTokensThatTakeWhiteSpaceRuleCutsOut) {
  for (const std::string style : {"llama3", "qwen2", "chain"})
    EXPECT_TRUE(cuts_of(*open_json(tokenizer_json(style)), "one\ntwo\nthree").empty()) << style;
}

TEST(TokenizerCuts, SentencePieceModelsWhoseNewlineIsAByteAlone) {
  const std::string folder = std::string(FLM_SHARED_DIR) + "/models/tokenizers/";
  if (!fs::exists(folder)) GTEST_SKIP() << "skipped: ../shared is not here";
  const auto cuts = [&](const std::string& name) {
    return cuts_of(*Tokenizer::open({folder + name}), "one\ntwo\n\nthree\n");
  };
  const std::vector<std::size_t> all = {3, 7, 8, 14};
  for (const std::string name : {"tele-flm", "llama2", "llama2-zh", "mistral-7b-v0.3"})
    EXPECT_EQ(cuts(name), all) << name;
  // A newline piece; a normalizer; spaces that are removed; a Unigram model.
  for (const std::string name :
       {"internlm-7b", "baichuan-7b", "open_llama_3b", "chinese-xlnet", "chinese-llama-sp"})
    EXPECT_TRUE(cuts(name).empty()) << name;
}

TEST(TokenizerCuts, SpacesWhereNoPieceReachesOverOne) {
  const std::string folder = std::string(FLM_SHARED_DIR) + "/models/tokenizers/";
  if (!fs::exists(folder)) GTEST_SKIP() << "skipped: ../shared is not here";
  for (const std::string name : {"tele-flm", "llama2", "llama2-zh", "mistral-7b-v0.3"}) {
    const auto tokenizer = Tokenizer::open({folder + name});
    EXPECT_EQ(cuts_of(*tokenizer, " a b  c \u2581 d\n e "),
              (std::vector<std::size_t>{2, 4, 7, 13, 14, 16}))
        << name;
    std::size_t cuts = 0;
    expect_cuts_hold(*tokenizer, 150, cuts);
    EXPECT_GT(cuts, 300u);
  }
}

TEST(TokenizerCuts, RepeatedTextIsEncodedOnce) {
  const std::string folder = std::string(FLM_SHARED_DIR) + "/models/tokenizers/tele-flm";
  if (!fs::exists(folder)) GTEST_SKIP() << "skipped: ../shared is not here";
  const auto tokenizer = Tokenizer::open({folder});
  RepeatingEncoder encoder(*tokenizer);
  const std::string header = "Questions about 天文学.\n\nWhat?\nA. 1\nB. 2\nAnswer: A\n\n";
  for (int i = 0; i < 100; ++i) {
    const std::string text = header + "Number " + std::to_string(i) + "?\nAnswer:";
    for (const std::string choice : {"", " A", " B", " C"})
      ASSERT_EQ(encoder.encode_ids(text + choice), tokenizer->encode_ids(text + choice));
  }
  EXPECT_LT(encoder.bytes_encoded(), header.size() + 100 * 12 + 100);
}

TEST(TokenizerCuts, ATextThatIsRefusedLeavesNoTrace) {
  const auto tokenizer = open_json(tokenizer_json("gpt2"));
  RepeatingEncoder encoder(*tokenizer);
  const std::string good = "one\ntwo\nthree";
  encoder.encode_ids(good);
  EXPECT_ANY_THROW(encoder.encode_ids("one\ntwo\nthr\xFF"));
  EXPECT_EQ(encoder.encode_ids(good), tokenizer->encode_ids(good));
}

}  // namespace
}  // namespace flm
