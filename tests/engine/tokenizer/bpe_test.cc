// Byte-level BPE against ids and texts recorded from the tokenizers library.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "base/system/files.h"
#include "engine/tokenizer.h"
#include "engine/tokenizer/configured_tokenizer.h"
#include "tests/engine/tokenizer/checks.h"
#include "tests/error_of.h"

namespace flm {
namespace {

namespace fs = std::filesystem;
using Ids = std::vector<std::int32_t>;

/// A folder with `json` as tokenizer.json and `config` as tokenizer_config.json.
std::unique_ptr<Tokenizer> from_json(const std::string& json, const std::string& config = "",
                                     AddBos bos = AddBos::kAuto) {
  const TemporaryFolder folder;
  write_file_atomically(folder.path() + "/tokenizer.json", json);
  if (!config.empty()) write_file_atomically(folder.path() + "/tokenizer_config.json", config);
  return Tokenizer::open({folder.path(), bos});
}

std::unique_ptr<Tokenizer> fixture(const std::string& style, const std::string& config = "",
                                   AddBos bos = AddBos::kAuto) {
  return from_json(read_file(kFixtures + style + ".json"), config, bos);
}

class ByteLevelBpe : public testing::TestWithParam<const char*> {};

TEST_P(ByteLevelBpe, EqualsTheLibrary) {
  const auto tokenizer = fixture(GetParam());
  const Json golden = read_json_file(kFixtures + "golden.json");
  const Json& cases = golden["styles"][GetParam()];
  ASSERT_GT(cases.size(), 60u);
  for (const Json& c : cases) {
    const std::string text = c["text"];
    const Encoding plain = tokenizer->encode(text, false);
    EXPECT_EQ(plain.ids, c["ids"].get<Ids>()) << c["text"];
    EXPECT_EQ(tokenizer->encode_ids(text), c["with_special"].get<Ids>()) << c["text"];
    EXPECT_EQ(tokenizer->decode(plain.ids, false), c["decoded"].get<std::string>()) << c["text"];
    EXPECT_EQ(tokenizer->decode(plain.ids, true), c["skipped"].get<std::string>()) << c["text"];
    expect_tiles(text, plain);
    expect_tiles(text, tokenizer->encode(text));
  }
}

INSTANTIATE_TEST_SUITE_P(Styles, ByteLevelBpe,
                         testing::Values("gpt2", "llama3", "qwen2", "smollm", "chain"),
                         [](const auto& style) { return std::string(style.param); });

/// As AutoTokenizer of transformers 5.24 has chat_template of each of the four folders.
TEST(Bpe, FilesOfChatTemplatesStandInPlaceOfTheConfigurations) {
  using Names = std::vector<std::string>;
  const TemporaryFolder folder;
  fs::copy_file(kFixtures + "gpt2.json", folder.path() + "/tokenizer.json");
  write_file_atomically(folder.path() + "/tokenizer_config.json",
                        R"({"chat_template": [{"name": "default", "template": "config"},
                                              {"name": "rag", "template": "config rag"}]})");
  const auto opened = [&] { return Tokenizer::open({folder.path()}); };
  EXPECT_EQ(opened()->chat_template_names(), (Names{"default", "rag"}));
  write_file_atomically(folder.path() + "/chat_template.jinja", "file\n");
  EXPECT_EQ(opened()->chat_template(), "file\n");
  EXPECT_EQ(opened()->chat_template_names(), Names{});
  const std::string more = folder.path() + "/additional_chat_templates";
  fs::create_directory(more);
  write_file_atomically(more + "/tool.use.jinja", "tools");
  write_file_atomically(more + "/notes.txt", "no template");
  EXPECT_EQ(opened()->chat_template(), "file\n");
  EXPECT_EQ(opened()->chat_template_names(), (Names{"default", "tool.use"}));
  EXPECT_EQ(opened()->chat_template("tool.use"), "tools");
  write_file_atomically(more + "/default.jinja", "additional");
  EXPECT_EQ(opened()->chat_template(), "additional");
  EXPECT_EQ(opened()->chat_template("default"), "additional");
  EXPECT_EQ(opened()->chat_template_names(), (Names{"default", "tool.use"}));
  fs::remove(more + "/default.jinja");
  fs::remove(folder.path() + "/chat_template.jinja");
  EXPECT_EQ(opened()->chat_template_names(), Names{"tool.use"});
  EXPECT_EQ(opened()->chat_template(), "");
}

TEST(Bpe, SmolLm2EqualsItsReference) {
  const char* given = std::getenv("FLM_SMOLLM2");
  const std::string folder = given ? given : "/tmp/flm-checks/smollm2";
  const std::string reference = std::string(FLM_SHARED_DIR) + "/models/smollm2-reference.json";
  if (!fs::exists(folder + "/tokenizer.json") || !fs::exists(reference))
    GTEST_SKIP() << "skipped: no SmolLM2 in " << folder
                 << " (make_smollm2.py writes it; FLM_SMOLLM2 names it)";
  const auto tokenizer = Tokenizer::open({folder});
  EXPECT_FALSE(tokenizer->adds_bos());
  EXPECT_EQ(tokenizer->vocab_size(), 49152);
  EXPECT_NE(tokenizer->chat_template(), "");
  const Json golden = read_json_file(reference);
  ASSERT_EQ(golden["tokenization"].size(), 207u);
  for (const Json& c : golden["tokenization"]) {
    const std::string text = c["text"];
    const Encoding encoding = tokenizer->encode(text);
    EXPECT_EQ(encoding.ids, c["ids"].get<Ids>()) << c["text"];
    EXPECT_EQ(tokenizer->decode(encoding.ids, false), c.value("decodes_to", text)) << c["text"];
    EXPECT_EQ(encoding.dropped.empty(), !c.contains("decodes_to")) << c["text"];
    expect_tiles(text, encoding);
  }
  for (const char* key : {"texts", "greedy"})
    for (const Json& c : golden[key]) {
      const bool plain = c.contains("text") && !c.contains("prompt");
      const std::string text = c[plain ? "text" : "prompt"];
      EXPECT_EQ(tokenizer->encode_ids(text), c[plain ? "ids" : "prompt_ids"].get<Ids>());
    }
}

/// A tokenizer.json that knows only the bytes a, b, c, space and E4 B8 AD, with more vocabulary,
/// merges and sections.
std::string small_json(const std::string& merges_vocab, const std::string& merges,
                       const std::string& more) {
  return R"({"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
             "decoder": {"type": "ByteLevel"}, )" +
         more + R"("model": {"type": "BPE", "vocab":
             {"a": 0, "b": 1, "c": 2, "Ġ": 3, "ä": 4, "¸": 5, "Ń": 6)" +
         merges_vocab + R"(}, "merges": [)" + merges + "]}}";
}

TEST(Bpe, SpansOfCutCharactersAndDroppedBytes) {
  const auto tokenizer = from_json(small_json(R"(, "ab": 7, "aä": 8)", R"("a b", ["a", "ä"])", ""));
  // U+4E2D is E4 B8 AD: "aE4" ends inside it, so the last piece owns the character.
  const Encoding cut = tokenizer->encode("a\u4e2dab");
  EXPECT_EQ(cut.ids, (Ids{8, 5, 6, 7}));
  EXPECT_EQ(cut.spans, (std::vector<ByteSpan>{{0, 1}, {1, 1}, {1, 4}, {4, 6}}));
  // x and y have no token: dropped, and a and b meet over x as they do in the library.
  const Encoding dropped = tokenizer->encode("yaxb yy");
  EXPECT_EQ(dropped.ids, (Ids{7, 3}));
  EXPECT_EQ(dropped.spans, (std::vector<ByteSpan>{{1, 4}, {4, 5}}));
  EXPECT_EQ(dropped.dropped, (std::vector<ByteSpan>{{0, 1}, {5, 7}}));
  EXPECT_EQ(tokenizer->token_bytes(4), "\xE4");
  EXPECT_EQ(tokenizer->token_bytes(3), " ");
  EXPECT_EQ(tokenizer->piece(3), "Ġ");
  EXPECT_EQ(tokenizer->decode(Ids{4, 5, 0}), "\uFFFDa");
}

TEST(Bpe, ComposedCharactersKeepTheirOriginalBytes) {
  const auto tokenizer = fixture("qwen2");
  const Encoding encoding =
      tokenizer->encode("xe\u0301y");  // composes to one character of two bytes
  ASSERT_EQ(encoding.spans.size(), encoding.ids.size());
  EXPECT_EQ(encoding.spans.front(), (ByteSpan{0, 1}));
  EXPECT_EQ(encoding.spans.back().end, 5u);
  expect_tiles("xe\u0301y", encoding);
  EXPECT_EQ(tokenizer->decode(encoding.ids), "x\u00e9y");
}

TEST(Bpe, BosPolicyAndNames) {
  const std::string config = R"({"bos_token": "<s>", "eos_token": "</s>"})";
  const auto llama3 = fixture("llama3", config);
  EXPECT_TRUE(llama3->adds_bos());
  EXPECT_EQ(llama3->bos(), 0);
  EXPECT_EQ(llama3->eos(), 1);
  EXPECT_EQ(llama3->eos_ids(), Ids{1});
  EXPECT_TRUE(llama3->is_special(0));
  EXPECT_FALSE(llama3->is_special(5));
  EXPECT_EQ(llama3->token_bytes(0), "<s>");
  const auto off = fixture("llama3", config, AddBos::kOff);
  EXPECT_EQ(off->encode_ids("a"), llama3->encode_ids("a", false));
  EXPECT_EQ(off->hash(), llama3->hash());
  EXPECT_NE(off->hash(), fixture("qwen2", config)->hash());
  EXPECT_FALSE(fixture("qwen2", config)->adds_bos());
  EXPECT_EQ(fixture("qwen2", config, AddBos::kOn)->encode_ids("").front(), 0);
  EXPECT_THROW(fixture("qwen2", "", AddBos::kOn), UserError);
  // Llama's class rebuilds its template from the configuration.
  const std::string llama = R"({"tokenizer_class": "LlamaTokenizerFast", "add_bos_token": false})";
  EXPECT_FALSE(fixture("llama3", llama)->adds_bos());
}

/// bos_token and eos_token as AutoTokenizer of transformers 5.24 has them for these folders: the
/// first token of a template is no bos_token, a class names one where no file has the key.
TEST(Bpe, BosIsWhatTheFilesOrTheirClassCallSo) {
  const std::string plain =
      R"({"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "</s>"})";
  const auto nameless = fixture("llama3", plain);
  EXPECT_EQ(nameless->named_bos(), std::nullopt);
  EXPECT_EQ(nameless->eos(), 1);
  EXPECT_EQ(nameless->bos(), 0);  // put before a text all the same
  EXPECT_EQ(nameless->encode_ids("a").front(), 0);

  const std::string json = replaced(read_file(kFixtures + "gpt2.json"), "</s>", "<|endoftext|>");
  const auto names = [&](const std::string& config) {
    const auto tokenizer = from_json(json, config);
    const auto text = [&](std::optional<std::int32_t> id) {
      return id ? tokenizer->piece(*id) : std::string("none");
    };
    return text(tokenizer->named_bos()) + " " + text(tokenizer->eos());
  };
  for (const std::string name : {"GPT2", "GPTNeoX", "CodeGen", "Qwen2", "Llama"}) {
    const std::string begin = R"({"tokenizer_class": ")" + name + R"(Tokenizer")";
    const bool bos = name != "Qwen2" && name != "Llama";  // Llama's is not taken with a ByteLevel
    const std::string end = "<|endoftext|>";
    EXPECT_EQ(names(begin + "}"), (bos ? end : "none") + " " + (name != "Llama" ? end : "none"));
    EXPECT_EQ(names(begin + R"(, "eos_token": "<s>"})"), (bos ? end : "none") + " <s>");
    EXPECT_EQ(names(begin + R"(, "bos_token": null, "eos_token": null})"), "none none");
  }
}

TEST(Bpe, CleanUpOfSpacesFollowsTheConfiguration) {
  const std::string text = "Hello , world ! do n't 's";
  for (const bool clean : {false, true}) {
    const auto tokenizer =
        fixture("gpt2", clean ? R"({"clean_up_tokenization_spaces": true})" : "{}");
    EXPECT_EQ(tokenizer->decode(tokenizer->encode_ids(text)),
              clean ? "Hello, world! don't's" : text);
  }
}

/// Ids of tokenizers 0.23; what the normalizer takes away has no token.
TEST(Bpe, SpansTileATextOfWhichTheNormalizerLeavesNothing) {
  Json file = parse_json(small_json("", "", ""), "test");
  file["normalizer"] = {{"type", "Strip"}};
  file["added_tokens"] =
      parse_json(R"([{"id": 7, "content": "<x>", "special": true, "normalized": false}])", "test");
  const auto tokenizer = from_json(file.dump());
  for (const std::string text : {" ", " \n", "<x>  <x>", " a ", "  <x>a"})
    expect_tiles(text, tokenizer->encode(text));
  EXPECT_EQ(tokenizer->encode_ids(" "), Ids{});
  EXPECT_EQ(tokenizer->encode_ids("<x>  <x>"), (Ids{7, 7}));
  EXPECT_EQ(tokenizer->encode(" ").dropped, (std::vector<ByteSpan>{{0, 1}}));
}

/// Texts of tokenizers 0.23: without a decoder it joins the tokens by blanks, and a sequence of
/// none is a decoder.
TEST(Bpe, TokensAreJoinedAsTheDecoderSays) {
  Json file = parse_json(small_json("", "", ""), "test");
  const auto decoded = [&] { return from_json(file.dump())->decode(Ids{0, 3, 4, 5, 6, 1}); };
  EXPECT_EQ(decoded(), "a \u4e2db");
  file["decoder"] = nullptr;
  EXPECT_EQ(decoded(), "a \u0120 \u00e4 \u00b8 \u0143 b");
  file["decoder"] = {{"type", "Sequence"}, {"decoders", Json::array()}};
  EXPECT_EQ(decoded(), "a\u0120\u00e4\u00b8\u0143b");
}

/// As tokenizers 0.23, whose accents are the marks of Unicode 9.0: U+111C9 is one since 11.0.
TEST(Bpe, StripAccentsKeepsWhatHasBecomeAMarkSince) {
  Json file = parse_json(small_json("", "", ""), "test");
  file["normalizer"] = {{"type", "StripAccents"}};
  const auto tokenizer = from_json(file.dump());
  EXPECT_EQ(tokenizer->encode_ids("a\u0301b"), (Ids{0, 1}));
  EXPECT_EQ(tokenizer->encode("a\U000111c9b").dropped, (std::vector<ByteSpan>{{1, 5}}));
}

/// Ids of tokenizers 0.23.
TEST(Bpe, TheVersionLineOfOldMergesIsPassedOver) {
  const auto tokenizer = from_json(small_json(R"(, "ab": 7)", R"("#version: 0.2", "a b")", ""));
  EXPECT_EQ(tokenizer->encode_ids("abc"), (Ids{7, 2}));
}

/// Tokens of tokenizers 0.23.
TEST(Bpe, AWordOfTheVocabularyIsTakenWholeWhereMergesAreIgnored) {
  Json file = parse_json(small_json(R"(, "ab": 7, "abc": 8, "Ġab": 9)", R"("a b")", ""), "test");
  EXPECT_EQ(from_json(file.dump())->encode_ids("abc ab"), (Ids{7, 2, 3, 7}));
  file["model"]["ignore_merges"] = true;
  EXPECT_EQ(from_json(file.dump())->encode_ids("abc ab"), (Ids{8, 9}));
  EXPECT_EQ(from_json(file.dump())->encode_ids("abca"), (Ids{7, 2, 0}));
}

/// The message with which a tokenizer.json is refused.
std::string refusal(const std::string& json) {
  return error_of([&] { from_json(json); });
}

TEST(Bpe, UnknownComponentsAreRefusedByName) {
  const auto holds = [](const std::string& message, const std::string& part) {
    EXPECT_NE(message.find(part), std::string::npos) << message;
    EXPECT_NE(message.find("tokenizer.json"), std::string::npos) << message;
  };
  const std::string small = small_json("", "", "");
  const auto with = [&](const char* key, const char* value) {
    Json file = parse_json(small, "test");
    file[key] = parse_json(value, "test");
    return refusal(file.dump());
  };
  EXPECT_EQ(refusal(small), "");
  holds(with("pre_tokenizer", R"({"type": "Metaspace"})"), "not read there: Metaspace");
  holds(with("pre_tokenizer", R"({"type": "Magic"})"), "Magic");
  holds(with("pre_tokenizer",
             R"({"type": "Split", "pattern": {"Regex": "("}, "behavior": "Isolated"})"),
        "a group without its end");
  holds(with("pre_tokenizer",
             R"({"type": "Split", "pattern": {"Regex": "a"}, "behavior": "Contiguous"})"),
        "the pre_tokenizer is not");
  holds(with("normalizer", R"({"type": "Shouting"})"), "Shouting");
  holds(with("decoder", R"({"type": "WordPiece"})"), "WordPiece");
  holds(with("post_processor", R"({"type": "Sorting"})"), "Sorting");
  holds(with("model", R"({"type": "Unigram"})"), "Unigram");
  holds(refusal(small_json("", R"("a q")", "")), "merge");
  holds(refusal(small_json(R"(, "d": 6)", "", "")), "two tokens");
  holds(refusal("[]"), "object");
  holds(refusal("{"), "invalid JSON");
}

TEST(Bpe, LongWordsAreQuick) {
  const auto tokenizer = fixture("gpt2");
  const std::string text(1 << 20, 'a');  // one word of a million bytes
  const Encoding encoding = tokenizer->encode(text);
  expect_tiles(text, encoding);
  EXPECT_EQ(tokenizer->decode(encoding.ids), text);
}

}  // namespace
}  // namespace flm
