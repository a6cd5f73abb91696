#include "harness/plan/request_tokens.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "tests/harness/plan/byte_tokenizer.h"
#include "tests/harness/program.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

TEST(RequestTokens, TrailingWhiteSpaceOfTheContextMovesToTheContinuation) {
  const ByteTokenizer tokenizer(false);
  const TokenPolicy policy{100, false, {}, 1};
  const TokenizedRequest out = RequestTokenizer(tokenizer, policy).log_likelihood("ab \n", "cd");
  ASSERT_EQ(out.scores.size(), 1u);
  EXPECT_EQ(out.scores[0].tokens, (std::vector<std::int32_t>{'a', 'b', ' ', '\n', 'c', 'd'}));
  EXPECT_EQ(out.scores[0].first_scored, 2);
}

/// "ab" is one token, 258.
class MergingTokenizer : public ByteTokenizer {
 public:
  MergingTokenizer() : ByteTokenizer(false) {}
  Encoding encode(std::string_view text, bool special) const override {
    const Encoding bytes = ByteTokenizer::encode(text, special);
    Encoding out;
    for (std::size_t i = 0; i < bytes.ids.size(); ++i) {
      const bool merged = bytes.ids[i] == 'b' && !out.ids.empty() && out.ids.back() == 'a';
      if (!merged) {
        out.ids.push_back(bytes.ids[i]);
        out.spans.push_back(bytes.spans[i]);
        continue;
      }
      out.ids.back() = 258;
      out.spans.back().end = bytes.spans[i].end;
    }
    return out;
  }
};

/// lm-evaluation-harness's _encode_pair: the tokens of the context alone, then those of the whole
/// behind as many. The context "xa" is x, a and the whole x, ab, c, d.
TEST(RequestTokens, AMergeOverTheBorderOfTheContextIsUndone) {
  const MergingTokenizer tokenizer;
  const TokenPolicy policy{100, false, {}, 1};
  RequestTokenizer requests(tokenizer, policy);
  using Ids = std::vector<std::int32_t>;
  const ScoreRequest over = requests.log_likelihood("xa", "bcd").scores.at(0);
  EXPECT_EQ(over.tokens, (Ids{'x', 'a', 'c', 'd'}));
  EXPECT_EQ(over.first_scored, 2);
  const ScoreRequest within = requests.log_likelihood("xab", "cd").scores.at(0);
  EXPECT_EQ(within.tokens, (Ids{'x', 258, 'c', 'd'}));
  EXPECT_EQ(within.first_scored, 2);
}

TEST(RequestTokens, AnEmptyContextIsThePrefixToken) {
  const ByteTokenizer tokenizer(false);
  const TokenPolicy policy{100, false, {}, 1};
  const TokenizedRequest out = RequestTokenizer(tokenizer, policy).log_likelihood("", "c");
  EXPECT_EQ(out.scores.at(0).tokens, (std::vector<std::int32_t>{256, 'c'}));
  const TokenPolicy eos{100, false, 257, 1};
  EXPECT_EQ(RequestTokenizer(tokenizer, eos).log_likelihood("", "c").scores.at(0).tokens[0], 257);
}

/// lm-evaluation-harness's loglikelihood: the continuation's own first token is the context then.
TEST(RequestTokens, AContinuationThatBeginsWithThePrefixTokenIsNotGivenItTwice) {
  const ByteTokenizer tokenizer(false);
  const TokenPolicy policy{100, false, 'c', 1};
  const ScoreRequest out =
      RequestTokenizer(tokenizer, policy).log_likelihood("", "cd").scores.at(0);
  EXPECT_EQ(out.tokens, (std::vector<std::int32_t>{'c', 'd'}));
  EXPECT_EQ(out.first_scored, 1);
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

/// do_sample: false with a temperature beside it is greedy, as transformers has it.
TEST(RequestTokens, WhatShapesADrawCountsOnlyWhereOneIsAskedFor) {
  const ByteTokenizer tokenizer(false);
  const TokenPolicy policy{100, false, {}, 17};
  GenerationOptions options;
  options.temperature = 0.7;
  options.top_k = 5;
  options.top_p = 0.5;
  options.repetition_penalty = 1.2;
  const auto sampling = [&] {
    return RequestTokenizer(tokenizer, policy)
        .generation("a", options, 2)
        .generations.at(1)
        .sampling;
  };
  options.max_new_tokens = 5;
  EXPECT_EQ(sampling().temperature, 0);
  EXPECT_EQ(sampling().top_k, 0);
  EXPECT_EQ(sampling().top_p, 1);
  EXPECT_EQ(sampling().repetition_penalty, 1.2) << "which greedy answers take too";
  options.do_sample = true;
  EXPECT_EQ(sampling().temperature, 0.7);
  EXPECT_EQ(sampling().top_k, 5);
  EXPECT_EQ(sampling().top_p, 0.5);
  EXPECT_EQ(sampling().seed, 17u);
  EXPECT_EQ(sampling().repeat, 1u);
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
  // Four scored tokens fill four inputs: one token of the context, and all of them but the last.
  const ScoreRequest full =
      RequestTokenizer(tokenizer, cut).log_likelihood("ab", "cdef").scores.at(0);
  EXPECT_EQ(full.tokens, (std::vector<std::int32_t>{'b', 'c', 'd', 'e', 'f'}));
  EXPECT_EQ(full.first_scored, 1);
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
