// --verify and --verify-against of generated answers: equal ones pass, a fault does not.
#include "harness/proof/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/errors.h"
#include "harness/proof/generated_scores.h"
#include "harness/proof/oracle.h"
#include "tests/engine/fixture.h"

namespace flm {
namespace {

using ::testing::HasSubstr;

class GeneratedProof : public ::testing::Test {
 protected:
  void SetUp() override {
    FLM_NEED_NANO();
    engine_ = test::open_engine(test::nano());
    tokenizer_ = Tokenizer::open({test::nano(), AddBos::kAuto});
    for (std::uint32_t i = 0; i < 12; ++i) {
      GenerateRequest request;
      request.prompt = test::random_ids(9 + i, engine_->info().vocab_rows, i / 3);
      request.max_new_tokens = 6;
      if (i % 4 == 3) request.sampling = {.temperature = 1, .seed = i};
      plan_.generations.push_back(request);
      plan_.generation_homes.push_back({0, i, 2, 0});
    }
    reported_ = test::generate_all(*engine_, test::nano(), plan_.generations);
  }

  std::string verified(double share) {
    return verify_generations(
        *engine_, *tokenizer_, plan_.generations, [&](std::size_t i) { return reported_[i]; },
        share, 3);
  }

  OracleReport compared() {
    RunPlan plan = plan_;
    const std::vector<ScoreResult> generated =
        add_generated_scores(plan, [&](std::size_t i) { return reported_[i]; });
    return compare_with_oracle(
        plan, [&](std::size_t i) { return generated[i]; }, engine_->info(), *engine_, 1, 7);
  }

  RunPlan plan_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::vector<GenerateResult> reported_;
};

TEST_F(GeneratedProof, TheSameAnswersPass) {
  EXPECT_EQ(verified(1),
            "verify: 12 answers (72 log-probabilities) run again in reversed order, 10 of them "
            "also alone: 0 differ from the run");
  EXPECT_THAT(verified(1e-9), HasSubstr("1 answers (6 log-probabilities)")) << "at least one";
}

TEST_F(GeneratedProof, OneOtherBitIsADifference) {
  reported_[5].logprobs[2] = std::nextafter(reported_[5].logprobs[2], 0.0f);
  try {
    verified(1);
    FAIL() << "no difference seen";
  } catch (const InternalError& error) {
    EXPECT_THAT(error.what(), HasSubstr("1 differ from the run"));
  }
  reported_[5].logprobs[2] = std::nextafter(reported_[5].logprobs[2], -1000.0f);
  reported_[0].text += ".";
  EXPECT_THROW(verified(1), InternalError);
}

TEST_F(GeneratedProof, AnOracleGivesTheChosenTokensTheirLogProbabilities) {
  const OracleReport same = compared();
  EXPECT_TRUE(same.explained) << same.text;
  EXPECT_THAT(same.text, HasSubstr("12 items, 72 log-probabilities: largest difference 0,"));
  EXPECT_THAT(same.text, HasSubstr("0 of 0 choices differ; 0 of 54 most likely tokens differ"))
      << "three of the twelve are sampled";
  reported_[4].logprobs[1] -= 20;
  const OracleReport fault = compared();
  EXPECT_FALSE(fault.explained) << fault.text;
}

TEST_F(GeneratedProof, AnswersWithoutTokensAreNotCompared) {
  reported_[0].error = "no figures";
  reported_[1].tokens.clear();
  reported_[1].logprobs.clear();
  EXPECT_THAT(compared().text, HasSubstr("10 items, 60 log-probabilities"));
}

TEST(Verify, WithoutRequestsNothingIsClaimed) {
  FLM_NEED_NANO();
  const auto engine = test::open_engine(test::nano());
  EXPECT_EQ(verify_scores(
                *engine, {}, [](std::size_t) { return ScoreResult(); }, 1, 1),
            "");
}

}  // namespace
}  // namespace flm
