// From results to the answers of items: sums over the requests of one item, and what a stored
// answer is worth under another limit on new tokens.
#include "harness/run/answers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/harness/plan/byte_tokenizer.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ScoreResult score_of_two(std::vector<float> logprobs, std::vector<std::int32_t> argmax) {
  ScoreResult out;
  out.logprobs = std::move(logprobs);
  out.argmax = std::move(argmax);
  return out;
}

/// Of a token a byte, each at -0.5.
GenerateResult answer_of(const std::string& tokens, const std::string& text,
                         const std::string& reason) {
  GenerateResult out;
  out.tokens.assign(tokens.begin(), tokens.end());
  out.logprobs.assign(tokens.size(), -0.5f);
  out.text = text;
  out.finish_reason = reason;
  return out;
}

/// A plan of one item, whose results go through a store of its own.
class AnswersOfOneItem : public ::testing::Test {
 protected:
  AnswersOfOneItem() {
    run_.id = "run";
    plan_.tasks.emplace_back().items.resize(1);
    item().answers.resize(1);
  }
  PlannedItem& item() { return plan_.tasks[0].items[0]; }
  RequestAnswer& answer() { return item().answers[0]; }

  Answers answers() {
    return {plan_,
            run_,
            *store_,
            Reuse::kStored,
            &tokenizer_,
            100,
            [&](const PlannedTask&, const PlannedItem&) { ++finished_; }};
  }

  /// The item's one generation asks for at most `limit` tokens.
  void ask_for(int limit) {
    GenerateRequest request;
    request.prompt = {'x'};
    request.max_new_tokens = limit;
    plan_.generations = {request};
    plan_.generation_homes = {{0, 0, 0, 0}};
    answer() = {};
    answer().texts.resize(1);
    item().status = "ok";
    item().waiting = 1;
  }

  /// What a new run under `limit` makes of what is stored; whether there is an answer.
  bool taken(int limit) {
    ask_for(limit);
    Answers all = answers();
    SilentProgress silent;
    all.take_stored(silent);
    begun_ = all.generation(0).begun.tokens;
    return all.generations_left().empty();
  }

  /// Stores an answer of the tokens "abcde" that ended so.
  void store(const std::string& text, const std::string& reason, const std::string& error = "") {
    ask_for(20);
    GenerateResult result = answer_of("abcde", text, reason);
    result.error = error;
    answers().put_generation(0, result);
  }

  TemporaryFolder folder_;
  std::unique_ptr<Store> store_ = Store::open(folder_ / "runs.db");
  const ByteTokenizer tokenizer_{false};
  RunRecord run_;
  RunPlan plan_;
  std::vector<std::int32_t> begun_;
  int finished_ = 0;
};

TEST_F(AnswersOfOneItem, TheWindowsOfATextAddUp) {
  for (int i = 0; i < 3; ++i) {
    plan_.scores.push_back({{1, 2, 3, i}, 2, 0});
    plan_.score_homes.push_back({0, 0, 0, 0});
  }
  item().waiting = 3;
  answer().is_greedy = true;
  Answers all = answers();
  all.put_score(0, score_of_two({-1, -2}, {3, 0}));
  all.put_score(1, score_of_two({-3, -4}, {3, 9}));  // the second is another token
  EXPECT_EQ(finished_, 0);
  all.put_score(2, score_of_two({-5, -6}, {3, 2}));
  EXPECT_EQ(finished_, 1);
  EXPECT_EQ(answer().logprob, -21);
  EXPECT_EQ(answer().tokens, 6);
  EXPECT_FALSE(answer().is_greedy) << "one of all is not";
}

TEST_F(AnswersOfOneItem, RepeatsAreCountedTogether) {
  ask_for(5);
  plan_.generations.resize(3, plan_.generations[0]);
  plan_.generation_homes = {{0, 0, 0, 0}, {0, 0, 0, 1}, {0, 0, 0, 2}};
  answer().texts.resize(3);
  item().waiting = 3;
  Answers all = answers();
  all.put_generation(0, answer_of("ab", "ab", "length"));
  all.put_generation(1, answer_of("cd", "cd", "length"));
  all.put_generation(2, answer_of("ef", "ef", "stop"));
  EXPECT_EQ(answer().cut, 2);
  EXPECT_EQ(answer().tokens, 6);
  EXPECT_EQ(finished_, 1);
}

TEST_F(AnswersOfOneItem, AnAnswerThatEndedServesEveryLimitItReaches) {
  store("abc", "stop");  // a stop string cut the text
  for (const int limit : {5, 6, 50}) {
    EXPECT_TRUE(taken(limit)) << limit;
    EXPECT_THAT(answer().texts, ElementsAre("abc")) << limit;
    EXPECT_EQ(answer().cut, 0) << limit;
  }
  EXPECT_TRUE(taken(4));
  EXPECT_THAT(answer().texts, ElementsAre("abcd")) << "its first tokens";
  EXPECT_EQ(answer().cut, 1);
  EXPECT_EQ(answer().tokens, 4);
}

TEST_F(AnswersOfOneItem, AnAnswerThatALimitCutIsTheBeginningOfALongerOne) {
  store("abcde", "length");
  EXPECT_TRUE(taken(5)) << "the same limit";
  EXPECT_THAT(begun_, IsEmpty());
  EXPECT_EQ(answer().cut, 1);
  EXPECT_FALSE(taken(6));
  EXPECT_THAT(begun_, ElementsAre('a', 'b', 'c', 'd', 'e'));
}

/// The error came with the sixth token; five are an answer.
TEST_F(AnswersOfOneItem, AnErrorBehindTheLimitIsNone) {
  store("abcde", "", "not finite");
  EXPECT_TRUE(taken(5));
  EXPECT_EQ(item().status, "ok");
  EXPECT_THAT(answer().texts, ElementsAre("abcde"));
  EXPECT_EQ(answer().cut, 1);
  EXPECT_TRUE(taken(6));
  EXPECT_EQ(item().status, "error");
  EXPECT_EQ(item().message, "not finite");
}

/// Two runs at once: the one with the lower limit may come later.
TEST_F(AnswersOfOneItem, TheLongerAnswerStaysStored) {
  store("abcde", "length");
  ask_for(2);
  answers().put_generation(0, answer_of("ab", "ab", "length"));
  EXPECT_TRUE(taken(5));
  EXPECT_THAT(answer().texts, ElementsAre("abcde"));
}

}  // namespace
}  // namespace flm
