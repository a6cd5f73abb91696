#include "harness/requests/responses.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

#include "base/errors.h"

namespace flm {
namespace {

TEST(Responses, ScoresComeBackBitForBit) {
  ScoreResult result;
  result.logprobs = {-1.25f, -0.0f, -3.4e-38f, -1e-45f};
  result.argmax = {0, 7, 80383, 3};
  const ScoreRequest request{{1, 2, 3, 4, 5}, 1, 0};
  const auto decode = [&](const std::string& bytes) {
    return decode_score(bytes, request, "s.db");
  };
  const ScoreResult back = decode(encode_response(result));
  EXPECT_EQ(back.argmax, result.argmax);
  ASSERT_EQ(back.logprobs.size(), 4u);
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(std::signbit(back.logprobs[i]), std::signbit(result.logprobs[i]));
  EXPECT_EQ(back.logprobs, result.logprobs);
  EXPECT_THROW(decode(encode_response(result).substr(0, 9)), UserError);
  EXPECT_THROW(decode(""), UserError);
}

/// Whatever somebody wrote into the store: one line with the store's name.
TEST(Responses, WhatIsNoAnswerNamesTheStore) {
  for (const char* bytes :
       {"7", "{\"tokens\": 1}", "{", "",
        R"({"tokens":[1e300],"logprobs":[0],"text":"","finish_reason":"stop"})",
        R"({"tokens":[-1],"logprobs":[0],"text":"","finish_reason":"stop"})",
        R"({"tokens":[1,2],"logprobs":[0],"text":"","finish_reason":"stop"})"}) {
    try {
      decode_generation(bytes, "s.db");
      FAIL() << bytes;
    } catch (const UserError& error) {
      EXPECT_EQ(std::string(error.what()).find("a stored response in s.db is damaged"), 0u)
          << bytes;
    }
  }
  ScoreResult result;
  result.logprobs = {-1, -2};
  result.argmax = {0, 7};
  const std::string bytes = encode_response(result);
  EXPECT_NO_THROW(decode_score(bytes, {{1, 2, 3}, 1, 0}, "s.db"));
  EXPECT_THROW(decode_score(bytes, {{1, 2}, 1, 0}, "s.db"), UserError) << "of another request";
  EXPECT_THROW(decode_score("\xFF\xFF\xFF\xFF\xFF", {{1, 2}, 1, 0}, "s.db"), UserError);
  EXPECT_THROW(decode_score("\xFF\xFF\xFF\xFF", {{1, 2}, 1, 0}, "s.db"), UserError) << "no reason";
}

TEST(Responses, GenerationsComeBackWithEveryByteOfText) {
  GenerateResult result;
  result.tokens = {5, 9};
  result.logprobs = {-0.1f, -2.7182817f};
  result.text = "a\n\"b\" 北京 \xF0\x9F\x98\x85 \\";
  result.finish_reason = "stop";
  const GenerateResult back = decode_generation(encode_response(result), "s.db");
  EXPECT_EQ(back.tokens, result.tokens);
  EXPECT_EQ(back.logprobs, result.logprobs);
  EXPECT_EQ(back.text, result.text);
  EXPECT_EQ(back.finish_reason, "stop");
}

TEST(Responses, EveryPartOfAKeyMatters) {
  const ModelHashes model{"w", "c", "n", "t"};
  const std::vector<ModelHashes> others = {
      {"x", "c", "n", "t"}, {"w", "x", "n", "t"}, {"w", "c", "x", "t"}};
  const ScoreRequest base{{1, 2, 3}, 1, 0};
  std::set<std::string> keys = {score_key(model, base)};
  EXPECT_EQ(score_key(model, base), *keys.begin());
  for (const ModelHashes& other : others) keys.insert(score_key(other, base));
  keys.insert(score_key(model, {{1, 2, 4}, 1, 0}));
  keys.insert(score_key(model, {{1, 2, 3}, 2, 0}));
  keys.insert(score_key(model, {{1, 2, 3}, 1, 5}));
  EXPECT_EQ(keys.size(), 7u);
  EXPECT_EQ(score_key({"w", "c", "n", "another tokenizer"}, base), score_key(model, base));

  GenerateRequest generation;
  generation.prompt = {1, 2};
  generation.sampling.temperature = 0.5;
  std::set<std::string> generated = {generation_key(model, generation)};
  const auto changed = [&](auto change) {
    GenerateRequest other = generation;
    change(other);
    generated.insert(generation_key(model, other));
  };
  for (const ModelHashes& other : others) generated.insert(generation_key(other, generation));
  generated.insert(generation_key({"w", "c", "n", "u"}, generation));
  changed([](GenerateRequest& g) { g.prompt = {1, 3}; });
  changed([](GenerateRequest& g) { g.stop = {"a", "b"}; });
  changed([](GenerateRequest& g) { g.stop = {"ab"}; });
  changed([](GenerateRequest& g) { g.stop = {"ac"}; });
  changed([](GenerateRequest& g) { g.stop_ids = {2}; });
  changed([](GenerateRequest& g) { g.sampling.temperature = 1; });
  changed([](GenerateRequest& g) { g.sampling.top_k = 1; });
  changed([](GenerateRequest& g) { g.sampling.top_p = 0.5; });
  changed([](GenerateRequest& g) { g.sampling.repetition_penalty = 1.03; });
  changed([](GenerateRequest& g) { g.sampling.seed = 1; });
  changed([](GenerateRequest& g) { g.sampling.repeat = 1; });
  EXPECT_EQ(generated.size(), 16u);
}

/// The limit cuts an answer that another limit goes on with, and greedy draws nothing.
TEST(Responses, WhatDecidesNothingIsInNoKey) {
  const ModelHashes model{"w", "c", "n", "t"};
  GenerateRequest greedy;
  greedy.prompt = {1, 2};
  const std::string key = generation_key(model, greedy);
  GenerateRequest other = greedy;
  other.max_new_tokens = 9;
  other.sampling.seed = 1;
  other.sampling.repeat = 1;
  other.sampling.top_k = 3;
  other.sampling.top_p = 0.5;
  EXPECT_EQ(generation_key(model, other), key);
  other.sampling.repetition_penalty = 1.03;
  EXPECT_NE(generation_key(model, other), key);
}

}  // namespace
}  // namespace flm
