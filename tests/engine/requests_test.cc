// What cannot be asked, found before anything runs.
#include "engine/requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "base/errors.h"

namespace flm {
namespace {

using testing::AllOf;
using testing::HasSubstr;

GenerateRequest ask(std::vector<std::int32_t> prompt, int max_new_tokens,
                    const std::vector<std::string>& stop = {}, const Sampling& sampling = {}) {
  return {std::move(prompt), max_new_tokens, stop, {}, sampling};
}

void expect_user_error(const GenerateRequest& request, const char* value, const char* remedy,
                       GeneratorLimits limits = {.kv_slots = 640, .max_length = 1000}) {
  try {
    check_requests(std::vector{ask({1}, 1), request}, limits);
    ADD_FAILURE() << "no error for " << value;
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("request 1"), HasSubstr(value), HasSubstr(remedy)));
  }
}

TEST(Requests, GenerationThatCannotRunIsAUserError) {
  expect_user_error(ask(std::vector<std::int32_t>(1000, 20), 5), "1000 tokens",
                    "shorten the prompt");
  expect_user_error(ask(std::vector<std::int32_t>(600, 20), 100), "704 slots", "--memory");
  expect_user_error(ask({}, 5), "0", "at least one");
  expect_user_error(ask({20}, 0), "max_new_tokens is 0", "1 or more");
  expect_user_error(ask({20}, 5, {"a", ""}), "\"\"", "leave it out");
  expect_user_error(ask({20}, 5, {}, {.temperature = -0.5}), "-0.5", "greedy");
  expect_user_error(ask({20}, 5, {}, {.top_k = -1}), "-1", "0 (off)");
  expect_user_error(ask({20}, 5, {}, {.top_p = 0}), "top_p is 0", "at most 1");
  expect_user_error(ask({20}, 5, {}, {.repetition_penalty = 0}), "repetition_penalty is 0",
                    "above 0");
}

TEST(Requests, OnlyAnAnswerCutByItsLimitGoesOn) {
  GenerateRequest request = ask({20}, 5);
  request.begun.tokens = {7, 8};
  request.begun.logprobs = {-1, -2};
  request.begun.finish_reason = "length";
  EXPECT_NO_THROW(
      check_requests(std::vector{request}, GeneratorLimits{.kv_slots = 640, .max_length = 1000}))
      << "what a limit cut goes on";
  request.begun.logprobs = {-1};
  expect_user_error(request, "is 1", "generate it anew");
  request.begun.finish_reason = "stop";
  expect_user_error(request, "\"stop\"", "take it as it is");
  request.begun.error = "not finite";
  expect_user_error(request, "not finite", "generate it anew");
}

EngineInfo small_model() {
  EngineInfo info;
  info.vocab_rows = 100;
  info.max_length = 4;
  return info;
}

template <typename Request>
void expect_refusal(const Request& request, const std::string& expected) {
  try {
    check_requests(std::vector{request}, small_model());
    ADD_FAILURE() << "no error: " << expected;
  } catch (const UserError& error) {
    EXPECT_EQ(error.what(), "request 0: " + expected);
  }
}

TEST(Requests, ScoringThatCannotRunIsAUserError) {
  const std::string outside = " is outside the model's vocabulary; ids are 0 to 99";
  const std::vector fits{ScoreRequest{{0, 99, 1, 2, 3}, 1, 100}};
  EXPECT_NO_THROW(check_requests(fits, small_model())) << "each at its bound";
  expect_refusal(ScoreRequest{{}, 1, 0}, "no tokens; give at least one id");
  expect_refusal(ScoreRequest{{1, 100}, 1, 0}, "token id 100" + outside);
  expect_refusal(ScoreRequest{{-1}, 1, 0}, "token id -1" + outside);
  expect_refusal(ScoreRequest{{1, 2, 3, 4, 5, 6}, 1, 0},
                 "5 input tokens are more than the context limit 4; shorten the request or raise "
                 "--max-length");
  expect_refusal(ScoreRequest{{1, 2}, 3, 0}, "first scored position 3; use 1 to 2");
  expect_refusal(ScoreRequest{{1, 2}, 1, 101}, "top k of 101; use 0 to 100");
  expect_refusal(ask({1, 100}, 5), "token id 100" + outside);
  expect_refusal(ask({}, 5), "no tokens; give at least one id");
  GenerateRequest begun = ask({1}, 5);
  begun.begun.tokens = {1, 100};
  expect_refusal(begun, "token id 100" + outside);
}

}  // namespace
}  // namespace flm
