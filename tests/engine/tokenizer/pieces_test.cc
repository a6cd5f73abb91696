// tokenizer.json of the SentencePiece kind against ids and texts recorded from the tokenizers
// library.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "base/system/files.h"
#include "engine/tokenizer.h"
#include "engine/tokenizer/components/post_processor.h"
#include "engine/tokenizer/tokenizer_json.h"
#include "tests/engine/tokenizer/checks.h"
#include "tests/error_of.h"

namespace flm {
namespace {

namespace fs = std::filesystem;
using Ids = std::vector<std::int32_t>;

std::unique_ptr<Tokenizer> tokenizer_of(const std::string& json,
                                        const TokenizerConfig& config = {}) {
  return parse_tokenizer_json(json, "tokenizer.json", config, AddBos::kOff);
}

Json pieces_fixture(const std::string& name) {
  return read_json_file(kFixtures + "pieces/" + name + ".json");
}

class Pieces : public testing::TestWithParam<const char*> {};

TEST_P(Pieces, EqualTheLibrary) {
  const auto tokenizer = tokenizer_of(pieces_fixture(GetParam()).dump());
  const Json recorded = read_json_file(kFixtures + "pieces.json");
  const Json& rows = recorded["files"][GetParam()];
  ASSERT_GT(rows.size(), 50u);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string text = recorded["texts"][i];
    const Encoding encoding = tokenizer->encode(text, false);
    EXPECT_EQ(encoding.ids, rows[i][0].get<Ids>()) << text;
    EXPECT_EQ(tokenizer->decode(encoding.ids, false), rows[i][1].get<std::string>()) << text;
    EXPECT_EQ(tokenizer->decode(encoding.ids, true), rows[i][2].get<std::string>()) << text;
    expect_tiles(text, encoding);
  }
}

INSTANTIATE_TEST_SUITE_P(Forms, Pieces,
                         testing::Values("llama2-published", "llama2-normalized", "open-llama-5",
                                         "open-llama-legacy-5", "mistral-5", "tele-flm-5",
                                         "internlm-noprefix", "gemma-like-5", "xlnet-5", "t5-5",
                                         "unigram-bytes", "added-tokens", "added-tokens-published"),
                         [](const auto& form) {
                           std::string name = form.param;
                           for (char& c : name)
                             if (c == '-') c = '_';
                           return name;
                         });

/// Sequences of processors and Unigram models without an unknown token
/// (make_processor_fixtures.py); what the library does not encode is refused.
TEST(PieceFiles, ProcessorsWrapWhatEarlierOnesAdded) {
  const Json recorded = read_json_file(kFixtures + "processors.json");
  ASSERT_GT(recorded["processors"].size(), 200u);
  for (const Json& row : recorded["processors"]) {
    Json file = recorded["file"], steps = Json::array();
    for (const Json& name : row["names"])
      steps.push_back(recorded["parts"][name.get<std::string>()]);
    file["post_processor"] = {{"type", "Sequence"}, {"processors", steps}};
    PostProcessor around;
    const std::string error =
        error_of([&] { around = parse_post_processor(file, "tokenizer.json"); });
    if (row["ids"].is_null()) {
      EXPECT_NE(error.find("must be the last step"), std::string::npos) << row << error;
    } else {
      Ids ids = around.before;
      ids.push_back(recorded["file"]["model"]["vocab"]["a"].get<std::int32_t>());
      ids.insert(ids.end(), around.after.begin(), around.after.end());
      EXPECT_EQ(ids, row["ids"][0].get<Ids>()) << row << error;
    }
  }
}

TEST(PieceFiles, UnigramNeedsNoUnknownTokenWhereABetterWayLeadsOn) {
  const Json recorded = read_json_file(kFixtures + "processors.json");
  ASSERT_EQ(recorded["unigrams"].size(), 30u);
  for (const Json& row : recorded["unigrams"]) {
    const auto tokenizer = tokenizer_of(row["file"].dump());
    for (const Json& one : row["rows"]) {
      std::optional<Ids> ids;
      const std::string error =
          error_of([&] { ids = tokenizer->encode(one["text"].get<std::string>(), false).ids; });
      EXPECT_EQ(ids.has_value(), !one["ids"].is_null()) << row["file"] << one << error;
      if (ids && !one["ids"].is_null()) {
        EXPECT_EQ(*ids, one["ids"].get<Ids>()) << row["file"] << one;
      }
    }
  }
}

TEST(PieceFiles, WholeGoldensEqualTheLibrary) {
  const std::string goldens = std::string(FLM_SHARED_DIR) + "/conformance/tokenizers";
  if (!fs::exists(goldens)) GTEST_SKIP() << "skipped: ../shared is not here";
  Json texts = read_json_file(goldens + "/texts.json");
  if (texts.is_object()) texts = texts["texts"];
  for (const auto& entry : fs::directory_iterator(goldens)) {
    if (!entry.is_directory()) continue;
    const auto tokenizer = tokenizer_of(read_file(entry.path() / "tokenizer.json"));
    const Json reference = read_json_file(entry.path() / "reference.json");
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const std::string text = texts[i].is_string() ? texts[i] : texts[i]["text"];
      const Json& row = reference["cases"][i];
      const Encoding encoding = tokenizer->encode(text, false);
      EXPECT_EQ(encoding.ids, row["ids"].get<Ids>()) << entry.path() << " " << text;
      EXPECT_EQ(tokenizer->decode(encoding.ids, false), row["decoded"].get<std::string>())
          << entry.path() << " " << text;
      expect_tiles(text, encoding);
    }
  }
}

/// The message with which a changed file is refused.
std::string refusal(Json file, const TokenizerConfig& config = {}, AddBos bos = AddBos::kOff) {
  return error_of([&] { parse_tokenizer_json(file.dump(), "tokenizer.json", config, bos); });
}

TEST(PieceFiles, WhatIsNotKnownIsRefusedByName) {
  const auto changed = [](const char* section, Json value) {
    Json file = pieces_fixture("open-llama-5");
    file[section] = std::move(value);
    return refusal(file);
  };
  EXPECT_NE(changed("normalizer", {{"type", "BertNormalizer"}}).find("BertNormalizer"),
            std::string::npos);
  EXPECT_NE(changed("pre_tokenizer", {{"type", "UnicodeScripts"}}).find("UnicodeScripts"),
            std::string::npos);
  EXPECT_NE(changed("decoder", {{"type", "WordPiece"}}).find("WordPiece"), std::string::npos);
  EXPECT_NE(changed("model", {{"type", "WordLevel"}, {"vocab", {{"a", 0}}}}).find("WordLevel"),
            std::string::npos);
  EXPECT_NE(changed("pre_tokenizer",
                    {{"type", "Metaspace"}, {"replacement", "_"}, {"prepend_scheme", "x"}})
                .find("prepend_scheme"),
            std::string::npos);
}

/// A whole file around a model.
Json file_of(const Json& model) {
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", Json::array()},
          {"normalizer", nullptr},
          {"pre_tokenizer", nullptr},
          {"post_processor", nullptr},
          {"decoder", nullptr},
          {"model", model}};
}

Ids ids_of(const Json& file, const std::string& text) {
  return tokenizer_of(file.dump())->encode(text, false).ids;
}

/// -1.69644955395577 is one bit higher to the library than the nearest double, so that "a", "b"
/// have more than "ab" has: ids of tokenizers 0.23.
TEST(PieceFiles, ScoresAreWhatTheLibraryReads) {
  const Json model = Json::parse(
      R"({"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0], ["a", -1.69644955395577],
          ["b", -1.9888638450107345], ["ab", -3.6853133989665046]]})");
  EXPECT_EQ(ids_of(file_of(model), "ab"), (Ids{1, 2}));
}

/// Ids of tokenizers 0.23, of the four ways in which a BPE file can ask for them.
TEST(PieceFiles, UnknownCharactersAreFusedAndWholeWordsTakenAsTheFileSays) {
  Json model = Json::parse(
      R"({"type": "BPE", "unk_token": "<unk>", "merges": ["a b"],
          "vocab": {"<unk>": 0, "a": 1, "b": 2, "ab": 3, "abc": 4, "c": 5}})");
  const auto ids = [&](bool fuses, bool ignores, const std::string& text) {
    model["fuse_unk"] = fuses;
    model["ignore_merges"] = ignores;
    return ids_of(file_of(model), text);
  };
  for (const bool ignores : {false, true}) {
    EXPECT_EQ(ids(false, ignores, "axyb"), (Ids{1, 0, 0, 2}));
    EXPECT_EQ(ids(true, ignores, "axyb"), (Ids{1, 0, 2}));
    EXPECT_EQ(ids(true, ignores, "xyabc"), (Ids{0, 3, 5}));
    EXPECT_EQ(ids(false, ignores, "abca"), (Ids{3, 5, 1})) << "no word of the vocabulary";
  }
  EXPECT_EQ(ids(false, false, "abc"), (Ids{3, 5}));
  EXPECT_EQ(ids(false, true, "abc"), (Ids{4})) << "no merge leads there";
}

/// Two pieces of one text, of which the added token has one id: texts of tokenizers 0.23.
TEST(PieceFiles, ASpecialTokenIsToldByItsText) {
  Json file = file_of(Json::parse(
      R"({"type": "Unigram", "unk_id": 0,
          "vocab": [["<unk>", 0.0], ["</s>", 0.0], ["</s>", 0.0], ["a", -1.0]]})"));
  file["decoder"] = {{"type", "Fuse"}};
  file["added_tokens"] = {
      {{"id", 2}, {"content", "</s>"}, {"special", true}, {"normalized", false}}};
  const auto tokenizer = tokenizer_of(file.dump());
  EXPECT_EQ(tokenizer->decode(Ids{1, 3, 2}, true), "a");
  EXPECT_EQ(tokenizer->decode(Ids{1, 3, 2}, false), "</s>a</s>");
}

const Json kLetters = {{"type", "BPE"},
                       {"unk_token", "<unk>"},
                       {"vocab", {{"<unk>", 0}, {"a", 1}, {"b", 2}, {" ", 3}, {"\u2581", 4}}},
                       {"merges", Json::array()}};

/// What transformers 5.24 makes of the two files (AutoTokenizer, PreTrainedTokenizerFast).
TEST(PieceFiles, TheConfigurationDecidesOverFlagsOfAddedTokens) {
  Json file = file_of(kLetters);
  file["decoder"] = {{"type", "Fuse"}};
  file["added_tokens"] = Json::parse(
      R"([{"id": 5, "content": "<e>", "special": false, "normalized": false},
          {"id": 6, "content": "<x>", "special": true, "normalized": false},
          {"id": 7, "content": "ab", "special": false, "normalized": false}])");
  const auto expect = [&](const std::string& config, const Ids& ids, const std::string& text) {
    const auto tokenizer =
        tokenizer_of(file.dump(), parse_tokenizer_config(config, "tokenizer_config.json"));
    EXPECT_EQ(tokenizer->encode("a <e> b<x> ab bab<new><pad>", false).ids, ids) << config;
    EXPECT_EQ(tokenizer->decode(Ids{1, 5, 6, 7, 2}, true), text) << config;
    EXPECT_EQ(tokenizer->decode(Ids{1, 5, 6, 7, 2}, false), "a<e><x>abb") << config;
  };
  expect(R"({"eos_token": "<e>"})", {1, 3, 5, 3, 2, 6, 3, 7, 3, 2, 7, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0},
         "aabb");
  expect(R"({"eos_token": "<e>", "added_tokens_decoder":
             {"6": {"content": "<x>", "special": false, "rstrip": true, "normalized": false}}})",
         {1, 3, 5, 3, 2, 6, 7, 3, 2, 7, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0}, "a<e>abb");
  expect(R"({"eos_token": "<e>", "pad_token": "<pad>", "added_tokens_decoder":
             {"9": {"content": "<new>", "special": true},
              "7": {"content": "ab", "single_word": true, "special": false, "normalized": false},
              "5": {"content": "<e>", "special": false, "normalized": false, "lstrip": true}}})",
         {1, 5, 3, 2, 6, 3, 7, 3, 2, 1, 2, 8, 9}, "aabb");
}

/// Ids and texts of tokenizers 0.23.
TEST(PieceFiles, NothingIsFoundInTheEmptyText) {
  Json file = file_of(kLetters);
  const Json begin = {{"type", "Replace"}, {"pattern", {{"Regex", "^"}}}, {"content", "a"}};
  const Json strip = {{"type", "Strip"}, {"strip_left", true}, {"strip_right", true}};
  file["normalizer"] = {{"type", "Sequence"}, {"normalizers", {strip, begin}}};
  EXPECT_EQ(ids_of(file, " b"), (Ids{1, 2}));
  EXPECT_EQ(ids_of(file, " "), Ids{});
  EXPECT_EQ(ids_of(file, ""), Ids{});
  file["normalizer"] = nullptr;
  const Json drop = {{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", ""}};
  file["decoder"] = {{"type", "Sequence"}, {"decoders", {drop, begin}}};
  EXPECT_EQ(tokenizer_of(file.dump())->decode(Ids{1, 2, 1}, false), "ab");
}

/// Ids of tokenizers 0.23.
TEST(PieceFiles, AnAddedTokenWhoseWhiteSpaceWasTakenIsDropped) {
  const auto with = [](bool lstrip, bool rstrip) {
    Json file = file_of(kLetters);
    file["added_tokens"] = {{{"id", 5},
                             {"content", "  "},
                             {"single_word", false},
                             {"lstrip", lstrip},
                             {"rstrip", rstrip},
                             {"normalized", true},
                             {"special", false}}};
    return file;
  };
  EXPECT_EQ(ids_of(with(true, true), "a    b"), (Ids{1, 5, 2}));
  EXPECT_EQ(ids_of(with(true, true), "      "), (Ids{5}));
  EXPECT_EQ(ids_of(with(true, false), "a     b"), (Ids{1, 5, 5, 3, 2}));
  EXPECT_EQ(ids_of(with(false, true), "a     b"), (Ids{1, 5, 5, 2}));
}

/// Ids of tokenizers 0.23, whose words are those of Unicode 16.0.
TEST(PieceFiles, ASingleWordTokenStandsBesideNoWordCharacter) {
  Json file = file_of(kLetters);
  file["added_tokens"] = {{{"id", 5},
                           {"content", "ab"},
                           {"single_word", true},
                           {"lstrip", false},
                           {"rstrip", false},
                           {"normalized", false},
                           {"special", true}}};
  const auto found = [&](const std::string& before, const std::string& behind) {
    const Ids ids = ids_of(file, before + "ab" + behind);
    return std::count(ids.begin(), ids.end(), 5) == 1;
  };
  for (const char* beside : {" ", "-", "\u00bd", "\u2028", "\U0001f600", "\u1c8b"}) {
    EXPECT_TRUE(found(beside, "")) << beside;
    EXPECT_TRUE(found("", beside)) << beside;
  }
  for (const char* beside : {"b", "_", "\u0301", "\u200d", "\u0660", "\U00013f0d", "\u1c89"}) {
    EXPECT_FALSE(found(beside, "")) << beside;
    EXPECT_FALSE(found("", beside)) << beside;
  }
}

/// Ids of tokenizers 0.23: the first section is the one that begins where the text does, once the
/// normalizer has taken what it takes.
TEST(PieceFiles, NoBlankIsPutBeforeATextWhoseBeginningWasStripped) {
  Json file = file_of(kLetters);
  file["pre_tokenizer"] = {{"type", "Metaspace"},
                           {"replacement", "\u2581"},
                           {"prepend_scheme", "first"},
                           {"split", false}};
  file["normalizer"] = {{"type", "Strip"}, {"strip_left", true}, {"strip_right", true}};
  EXPECT_EQ(ids_of(file, "a b"), (Ids{4, 1, 4, 2}));
  EXPECT_EQ(ids_of(file, " a"), (Ids{1}));
  file["normalizer"] = {{"type", "Nmt"}};
  EXPECT_EQ(ids_of(file, "\001a"), (Ids{1}));
}

/// Ids of tokenizers 0.23: what is put in place of several characters stands where the last stood.
TEST(PieceFiles, NoBlankIsPutBeforeWhatStandsForSeveralCharacters) {
  Json file = file_of(kLetters);
  file["pre_tokenizer"] = {{"type", "Metaspace"},
                           {"replacement", "\u2581"},
                           {"prepend_scheme", "first"},
                           {"split", false}};
  const auto step = [](const char* from, const char* to) {
    return Json{{"type", "Replace"}, {"pattern", {{"String", from}}}, {"content", to}};
  };
  file["normalizer"] = step("x", "a");
  EXPECT_EQ(ids_of(file, "xb"), (Ids{4, 1, 2}));
  file["normalizer"] = step("\u00e9", "a");
  EXPECT_EQ(ids_of(file, "\u00e9"), (Ids{4, 1}));
  file["normalizer"] = step("xy", "a");
  EXPECT_EQ(ids_of(file, "xyb"), (Ids{1, 2}));
  EXPECT_EQ(ids_of(file, "bxy"), (Ids{4, 2, 1}));
  file["normalizer"] = {{"type", "Sequence"}, {"normalizers", {step("xy", "z"), step("z", "a")}}};
  EXPECT_EQ(ids_of(file, "xyb"), (Ids{1, 2}));
  const Json prepend = {{"type", "Prepend"}, {"prepend", "xy"}};
  file["normalizer"] = {{"type", "Sequence"}, {"normalizers", {prepend, step("xy", "a")}}};
  EXPECT_EQ(ids_of(file, "b"), (Ids{4, 1, 2}));
}

/// Ids of tokenizers 0.23, which loses count of what a Precompiled takes off the beginning.
TEST(PieceFiles, ABlankIsPutBehindWhatAPrecompiledTookOff) {
  Json file = file_of(kLetters);
  file["pre_tokenizer"] = {{"type", "Metaspace"},
                           {"replacement", "\u2581"},
                           {"prepend_scheme", "first"},
                           {"split", false}};
  const Json map = pieces_fixture("t5-5")["normalizer"];
  const Json strip = {{"type", "Strip"}, {"strip_left", true}, {"strip_right", true}};
  file["normalizer"] = map;
  EXPECT_EQ(ids_of(file, "\u200bab"), (Ids{4, 1, 2}));
  EXPECT_EQ(ids_of(file, "\u200b\u200ba"), (Ids{4, 1}));
  EXPECT_EQ(ids_of(file, "\u200b a"), (Ids{4, 1}));
  file["normalizer"] = {{"type", "Sequence"}, {"normalizers", {map, strip}}};
  EXPECT_EQ(ids_of(file, "\u200bab"), (Ids{4, 1, 2}));
  EXPECT_EQ(ids_of(file, "\u200b a"), (Ids{1}));
  file["normalizer"] = {{"type", "Sequence"}, {"normalizers", {strip, map}}};
  EXPECT_EQ(ids_of(file, " \u200ba"), (Ids{1}));
}

/// tokenizers 0.23 finds one or the other, by chance.
TEST(PieceFiles, TwoAddedTokensOfOneNormalizedTextAreRefused) {
  Json file = file_of(kLetters);
  file["normalizer"] = {{"type", "Lowercase"}};
  const auto token = [](int id, const char* content, bool normalized) {
    return Json{{"id", id},        {"content", content}, {"single_word", false},
                {"lstrip", false}, {"rstrip", false},    {"normalized", normalized},
                {"special", false}};
  };
  file["added_tokens"] = {token(5, "Foo", true), token(6, "foo", false)};
  EXPECT_EQ(ids_of(file, "FOO"), (Ids{5}));
  file["added_tokens"] = {token(5, "Foo", true), token(6, "FOO", true)};
  EXPECT_NE(refusal(file).find("set the normalized of one to false: Foo and FOO"),
            std::string::npos);
}

TEST(PieceFiles, UnigramBehindByteLevelIsRefusedAsThat) {
  Json file = file_of({{"type", "Unigram"}, {"unk_id", 0}, {"vocab", {{"a", -1.0}}}});
  file["pre_tokenizer"] = {{"type", "ByteLevel"}, {"add_prefix_space", false}};
  try {
    tokenizer_of(file.dump());
    FAIL() << "not refused";
  } catch (const UserError& error) {
    EXPECT_EQ(std::string(error.what()),
              "tokenizer.json: with ByteLevel the model must be BPE, not Unigram");
  }
}

TEST(PieceFiles, ATokenBehindTheTextIsRefusedWhereOneIsPutBefore) {
  Json file = pieces_fixture("t5-5");
  Json& single = file["post_processor"]["single"];
  single.insert(single.begin(), single.back());
  EXPECT_NE(refusal(file, {}, AddBos::kAuto).find("after the text"), std::string::npos);
  EXPECT_NO_THROW(parse_tokenizer_json(file.dump(), "t", {}, AddBos::kOff));
}

TEST(PieceFiles, ClassesThatTransformersBuildsAnewAreNoted) {
  TokenizerConfig llama;
  llama.tokenizer_class = "LlamaTokenizer";
  const auto notes = [&](const char* name, const TokenizerConfig& config) {
    return tokenizer_of(pieces_fixture(name).dump(), config)->notes().size();
  };
  EXPECT_EQ(notes("llama2-published", llama), 1u);
  EXPECT_EQ(notes("open-llama-5", llama), 0u);
  EXPECT_EQ(notes("open-llama-legacy-5", llama), 1u);
  llama.legacy = true;
  EXPECT_EQ(notes("open-llama-legacy-5", llama), 0u);
  EXPECT_EQ(notes("llama2-published", {}), 0u);
}

/// Of `do_lower_case` transformers 5.24's XLNetTokenizer makes a step, its LlamaTokenizer nothing.
TEST(PieceFiles, LowerCaseOfTheConfigurationThatTheFileLacksIsNoted) {
  TokenizerConfig config;
  config.tokenizer_class = "XLNetTokenizer";
  Json file = pieces_fixture("xlnet-5");
  const auto notes = [&] { return tokenizer_of(file.dump(), config)->notes().size(); };
  EXPECT_EQ(notes(), 0u);
  config.do_lower_case = true;
  EXPECT_EQ(notes(), 1u);
  file["normalizer"]["normalizers"].push_back({{"type", "Lowercase"}});
  EXPECT_EQ(notes(), 0u);
  config.tokenizer_class = "PreTrainedTokenizerFast";
  file = pieces_fixture("xlnet-5");
  EXPECT_EQ(notes(), 0u);
}

TEST(PieceFiles, AnAddedTokenOfWhichTheNormalizerLeavesNothingIsRefused) {
  Json file = pieces_fixture("added-tokens");
  file["normalizer"] = {{"type", "Replace"}, {"pattern", {{"String", "<blank>"}}}, {"content", ""}};
  Json token = file["added_tokens"].back();
  token["content"] = "<blank>";
  token["id"] = 100000;
  token["normalized"] = false;
  file["added_tokens"].push_back(token);
  EXPECT_NO_THROW(tokenizer_of(file.dump(), {}));
  file["added_tokens"].back()["normalized"] = true;
  EXPECT_NE(refusal(file).find("leaves nothing of an added token"), std::string::npos);
}

/// The library counts added tokens anew: ids from its own run.
TEST(PieceFiles, AddedTokensAreNumberedBehindTheVocabulary) {
  const auto token = [](int id, const char* content) {
    return Json{{"id", id}, {"content", content}, {"special", true}, {"normalized", false}};
  };
  Json file = {
      {"model", {{"type", "BPE"}, {"vocab", {{"a", 0}, {"b", 1}}}, {"merges", Json::array()}}},
      {"added_tokens", {token(9, "<x>"), token(3, "<y>"), token(7, "b")}}};
  EXPECT_EQ(tokenizer_of(file.dump())->encode_ids("a<x>b<y>", false), (Ids{0, 2, 1, 3}));
}

}  // namespace
}  // namespace flm
