#include "harness/plan/request_tokens.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "tests/harness/program.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

/// One token a byte; id = byte. Ids 256 and 257 are BOS and EOS.
class ByteTokenizer : public Tokenizer {
 public:
  explicit ByteTokenizer(bool adds_bos) : adds_bos_(adds_bos) {}
  Encoding encode(std::string_view text, bool special) const override {
    Encoding out;
    if (special && adds_bos_) out.ids.push_back(256), out.spans.push_back({0, 0});
    for (std::size_t i = 0; i < text.size(); ++i) {
      out.ids.push_back(static_cast<unsigned char>(text[i]));
      out.spans.push_back({i, i + 1});
    }
    return out;
  }
  std::string decode(std::span<const std::int32_t> ids, bool) const override {
    std::string text;
    for (std::int32_t id : ids) text += piece(id);
    return text;
  }
  std::string token_bytes(std::int32_t id) const override { return piece(id); }
  std::string piece(std::int32_t id) const override {
    return id == 256 ? "<s>" : id == 257 ? "</s>" : std::string(1, static_cast<char>(id));
  }
  bool is_special(std::int32_t id) const override { return id >= 256; }
  std::int32_t vocab_size() const override { return 258; }
  std::optional<std::int32_t> bos() const override { return 256; }
  std::optional<std::int32_t> eos() const override { return 257; }
  std::vector<std::int32_t> eos_ids() const override { return {257}; }
  bool adds_bos() const override { return adds_bos_; }
  std::string hash() const override { return "bytes"; }
  std::vector<std::string> notes() const override { return {}; }
  std::string chat_template() const override { return ""; }

 private:
  bool adds_bos_;
};

TEST(RequestTokens, TrailingWhiteSpaceOfTheContextMovesToTheContinuation) {
  const ByteTokenizer tokenizer(false);
  const TokenPolicy policy{100, false, {}, 1};
  const TokenizedRequest out = RequestTokenizer(tokenizer, policy).log_likelihood("ab \n", "cd");
  ASSERT_EQ(out.scores.size(), 1u);
  EXPECT_EQ(out.scores[0].tokens, (std::vector<std::int32_t>{'a', 'b', ' ', '\n', 'c', 'd'}));
  EXPECT_EQ(out.scores[0].first_scored, 2);
}

TEST(RequestTokens, AnEmptyContextIsThePrefixToken) {
  const ByteTokenizer tokenizer(false);
  const TokenPolicy policy{100, false, {}, 1};
  const TokenizedRequest out = RequestTokenizer(tokenizer, policy).log_likelihood("", "c");
  EXPECT_EQ(out.scores.at(0).tokens, (std::vector<std::int32_t>{256, 'c'}));
  const TokenPolicy eos{100, false, 257, 1};
  EXPECT_EQ(RequestTokenizer(tokenizer, eos).log_likelihood("", "c").scores.at(0).tokens[0], 257);
}

/// As lm-evaluation-harness does (handle_stop_sequences).
TEST(RequestTokens, TheTextOfEosIsTheLastStopOfAnAnswer) {
  const ByteTokenizer tokenizer(false);
  const TokenPolicy policy{100, false, {}, 1};
  const auto stops = [&](const std::vector<std::string>& until) {
    GenerationOptions options;
    options.until = until;
    options.max_new_tokens = 5;
    return RequestTokenizer(tokenizer, policy).generation("ab", options, 1).generations.at(0).stop;
  };
  EXPECT_EQ(stops({"Q:", "", "\n"}), (std::vector<std::string>{"Q:", "\n", "</s>"}));
  EXPECT_EQ(stops({"</s>", "Q:"}), (std::vector<std::string>{"</s>", "Q:"}));
}

TEST(RequestTokens, AWrittenBosIsNotDoubled) {
  const ByteTokenizer tokenizer(true);
  const TokenPolicy policy{100, false, {}, 1};
  EXPECT_EQ(RequestTokenizer(tokenizer, policy).log_likelihood("a", "b").scores.at(0).tokens.size(),
            3u);
  EXPECT_EQ(
      RequestTokenizer(tokenizer, policy).log_likelihood("<s>a", "b").scores.at(0).tokens.size(),
      5u);
}

/// lm-evaluation-harness looks for bos_token before an answer (tok_batch_encode), whatever prefix
/// it was given.
TEST(RequestTokens, AWrittenBosIsNotDoubledBeforeAnAnswerWithAnotherPrefixEither) {
  const ByteTokenizer tokenizer(true);
  const TokenPolicy eos{100, false, 257, 1};
  GenerationOptions five;
  five.max_new_tokens = 5;
  EXPECT_EQ(RequestTokenizer(tokenizer, eos).generation("<s>a", five, 1).generations.at(0).prompt,
            (std::vector<std::int32_t>{'<', 's', '>', 'a'}));
}

/// Tokens that no file calls bos_token are put before a text (GLM-4's [gMASK]<sop>).
class NamelessBos : public ByteTokenizer {
 public:
  NamelessBos() : ByteTokenizer(true) {}
  std::optional<std::int32_t> named_bos() const override { return std::nullopt; }
};

/// As lm-evaluation-harness has it (HFLM.prefix_token_id): bos_token, else eos_token; and only
/// their texts stand for the tokens before a text, before an answer that is generated bos_token's
/// alone.
TEST(RequestTokens, WithoutANamedBosThePrefixIsEos) {
  const NamelessBos tokenizer;
  const TokenPolicy policy{100, false, {}, 1};
  RequestTokenizer requests(tokenizer, policy);
  using Ids = std::vector<std::int32_t>;
  EXPECT_EQ(requests.log_likelihood("", "c").scores.at(0).tokens, (Ids{257, 'c'}));
  EXPECT_EQ(requests.rolling("c").scores.at(0).tokens, (Ids{257, 256, 'c'}));
  EXPECT_EQ(requests.log_likelihood("<s>", "c").scores.at(0).tokens,
            (Ids{256, '<', 's', '>', 'c'}));
  EXPECT_EQ(requests.log_likelihood("</s>", "c").scores.at(0).tokens,
            (Ids{'<', '/', 's', '>', 'c'}));
  GenerationOptions five;
  five.max_new_tokens = 5;
  EXPECT_EQ(requests.generation("</s>", five, 1).generations.at(0).prompt,
            (Ids{256, '<', '/', 's', '>'}));
}

TEST(RequestTokens, TooLongIsFlaggedOrCutOnTheLeft) {
  const ByteTokenizer tokenizer(false);
  const TokenPolicy flag{4, false, {}, 1}, cut{4, true, {}, 1};
  const TokenizedRequest flagged = RequestTokenizer(tokenizer, flag).log_likelihood("abcdef", "gh");
  EXPECT_TRUE(flagged.over_long);
  EXPECT_TRUE(flagged.scores.empty());
  EXPECT_EQ(flagged.length, 7);
  const TokenizedRequest shortened =
      RequestTokenizer(tokenizer, cut).log_likelihood("abcdef", "gh");
  EXPECT_EQ(shortened.scores.at(0).tokens, (std::vector<std::int32_t>{'d', 'e', 'f', 'g', 'h'}));
  EXPECT_EQ(shortened.scores.at(0).first_scored, 3);
  EXPECT_TRUE(RequestTokenizer(tokenizer, cut).log_likelihood("ab", "cdefg").over_long);
  EXPECT_FALSE(
      RequestTokenizer(tokenizer, flag).log_likelihood("abc", "de").over_long);  // exactly 4 inputs
}

/// No shorter prompt and no cut helps then: the message says what does.
TEST(RequestTokens, AnAnswerThatAloneFillsTheContextIsNamed) {
  const ByteTokenizer tokenizer(false);
  const TokenPolicy flag{4, false, {}, 1}, cut{4, true, {}, 1};
  GenerationOptions four, three;
  four.max_new_tokens = 4;
  three.max_new_tokens = 3;
  for (const TokenPolicy& policy : {flag, cut}) {
    RequestTokenizer requests(tokenizer, policy);
    EXPECT_EQ(requests.generation("abcdef", four, 1).problem,
              "needs 6 prompt and 4 new tokens, the context has 4, which the new tokens alone "
              "fill: --gen-kwargs max_gen_toks=N");
    EXPECT_EQ(requests.log_likelihood("ab", "cdefg").problem,
              "needs 6 model inputs, the context has 4, and the answer alone is 5 tokens");
  }
  EXPECT_EQ(RequestTokenizer(tokenizer, flag).generation("abcdef", three, 1).problem,
            "needs 6 prompt and 3 new tokens, the context has 4");
  EXPECT_EQ(RequestTokenizer(tokenizer, cut).generation("abcdef", three, 1).problem, "");
}

/// Every byte of the text is scored exactly once, by the right target.
TEST(RequestTokens, WindowsScoreEveryByteOnce) {
  const ByteTokenizer tokenizer(false);
  const TokenPolicy policy{8, false, {}, 1};
  RequestTokenizer requests(tokenizer, policy);
  for (const bool rolling : {false, true}) {
    for (const bool prefix : {true, false}) {
      if (rolling && !prefix) continue;
      for (std::size_t n = 1; n < 40; ++n) {
        std::string text;
        for (std::size_t i = 0; i < n; ++i) text += static_cast<char>('A' + i);
        ResolvedBpb protocol{8, 3, rolling,
                             prefix ? std::optional<std::int32_t>(257) : std::nullopt};
        std::string scored;
        const TokenizedRequest out = requests.bpb(text, protocol);
        EXPECT_EQ(out.problem, "");
        for (const ScoreRequest& request : out.scores) {
          EXPECT_LE(request.tokens.size(), 9u);
          for (std::size_t j = static_cast<std::size_t>(request.first_scored);
               j < request.tokens.size(); ++j) {
            scored += static_cast<char>(request.tokens[j]);
          }
        }
        EXPECT_EQ(scored, prefix ? text : text.substr(1))
            << n << (rolling ? " rolling" : " stride");
        EXPECT_EQ(out.excluded_bytes, prefix ? 0 : 1);
      }
    }
  }
}

TEST(RequestTokens, ProtocolNames) {
  EXPECT_EQ((ResolvedBpb{512, 256, false, 2}).metric_name(), "bpb@ctx512/stride256/prefix2/doc");
  EXPECT_EQ((ResolvedBpb{512, 256, true, 1}).metric_name(), "bpb@ctx512/rolling/prefix1/doc");
  EXPECT_EQ((ResolvedBpb{512, 256, false, {}}).metric_name(),
            "bpb@ctx512/stride256/prefixnone/doc");
  const ByteTokenizer plain(false), with_bos(true);
  EXPECT_EQ(resolve_prefix("auto", plain), 257);
  EXPECT_EQ(resolve_prefix("auto", with_bos), 256);
  EXPECT_EQ(resolve_prefix("none", plain), std::nullopt);
  EXPECT_EQ(resolve_prefix("17", plain), 17);
  EXPECT_THROW(resolve_prefix("-1", plain), UserError);
}

/// lm-evaluation-harness's split with a tokenizer that adds BOS, as recorded.
TEST(RequestTokens, Llama2PairsEqualTheRecords) {
  const fs::path folder = fs::path(FLM_SHARED_DIR) / "models/tokenizers/llama2";
  if (!fs::exists(folder)) GTEST_SKIP() << "skipped: ../shared is not here";
  const Json golden = read_json_file(folder / "huggingface.json");
  testing::Scratch scratch;
  fs::copy(folder / "tokenizer.model", scratch / "tokenizer.model");
  scratch.write("tokenizer_config.json", golden.at("tokenizer_config").dump());
  TokenizerOptions options;
  options.folder = scratch.path();
  const auto tokenizer = Tokenizer::open(options);
  const TokenPolicy policy{4096, false, {}, 1};
  int compared = 0;
  for (const Json& pair : golden.at("pairs")) {
    const TokenizedRequest out = RequestTokenizer(*tokenizer, policy)
                                     .log_likelihood(pair.at("context").get<std::string>(),
                                                     pair.at("continuation").get<std::string>());
    std::vector<std::int32_t> want = pair.at("context_ids").get<std::vector<std::int32_t>>();
    const std::size_t context = want.size();
    for (const Json& id : pair.at("continuation_ids")) want.push_back(id.get<std::int32_t>());
    ASSERT_EQ(out.scores.size(), 1u) << out.problem;
    EXPECT_EQ(out.scores[0].tokens, want) << pair.dump();
    EXPECT_EQ(out.scores[0].first_scored, static_cast<std::int32_t>(context));
    ++compared;
  }
  EXPECT_GT(compared, 0);
}

}  // namespace
}  // namespace flm
