// What --verify and --verify-against say of answers made by hand: each field that differs is told,
// and what rounding explains ends where the arithmetic says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>

#include "base/errors.h"
#include "harness/proof/generated_scores.h"
#include "harness/proof/oracle.h"
#include "harness/proof/verify.h"
#include "tests/harness/plan/byte_tokenizer.h"
#include "tests/harness/stand_in_engine.h"

namespace flm {
namespace {

using ::testing::HasSubstr;
using testing::StandInEngine;

ScoreResult score_of(std::size_t values) {
  ScoreResult out;
  out.logprobs.assign(values, -0.5f);
  out.argmax.assign(values, 1);
  return out;
}

GenerateResult answer_of_two_tokens() {
  GenerateResult out;
  out.tokens = {3, 4};
  out.logprobs = {-0.5f, -0.25f};
  out.text = "ab";
  out.finish_reason = "stop";
  return out;
}

/// Whether what the run reported of four requests passes, where the engine gives `again`.
bool scores_pass(const ScoreResult& reported, const ScoreResult& again) {
  StandInEngine engine;
  engine.scored = [&](const ScoreRequest&, std::size_t) { return again; };
  try {
    verify_scores(
        engine, std::vector<ScoreRequest>(4), [&](std::size_t) { return reported; }, 1, 1);
  } catch (const InternalError&) {
    return false;
  }
  return true;
}

bool answers_pass(const GenerateResult& reported, const GenerateResult& again) {
  StandInEngine engine;
  engine.generated = [&](const GenerateRequest&, std::size_t) { return again; };
  try {
    verify_generations(
        engine, ByteTokenizer(false), std::vector<GenerateRequest>(4),
        [&](std::size_t) { return reported; }, 1, 1);
  } catch (const InternalError&) {
    return false;
  }
  return true;
}

TEST(MadeAnswers, EveryFieldOfAScoreIsHeldAgainstTheRuns) {
  const std::map<std::string, std::function<void(ScoreResult&)>> changes = {
      {"error", [](ScoreResult& r) { r.error = "not finite"; }},
      {"argmax", [](ScoreResult& r) { r.argmax[1] = 2; }},
      {"a bit", [](ScoreResult& r) { r.logprobs[1] = std::nextafter(-0.5f, 0.0f); }},
      {"one more", [](ScoreResult& r) { r.logprobs.push_back(-0.5f); }},
      {"one less", [](ScoreResult& r) { r.logprobs.pop_back(); }}};
  const ScoreResult same = score_of(2);
  EXPECT_TRUE(scores_pass(same, same));
  for (const auto& [field, change] : changes) {
    ScoreResult other = same;
    change(other);
    EXPECT_FALSE(scores_pass(same, other)) << field;
    EXPECT_FALSE(scores_pass(other, same)) << field;
  }
}

TEST(MadeAnswers, EveryFieldOfAnAnswerIsHeldAgainstTheRuns) {
  const std::map<std::string, std::function<void(GenerateResult&)>> changes = {
      {"error", [](GenerateResult& r) { r.error = "not finite"; }},
      {"tokens", [](GenerateResult& r) { r.tokens[0] = 5; }},
      {"text", [](GenerateResult& r) { r.text = "ac"; }},
      {"finish reason", [](GenerateResult& r) { r.finish_reason = "length"; }},
      {"a bit", [](GenerateResult& r) { r.logprobs[1] = std::nextafter(-0.25f, 0.0f); }},
      {"one less", [](GenerateResult& r) { r.logprobs.pop_back(); }}};
  const GenerateResult same = answer_of_two_tokens();
  EXPECT_TRUE(answers_pass(same, same));
  for (const auto& [field, change] : changes) {
    GenerateResult other = same;
    change(other);
    EXPECT_FALSE(answers_pass(same, other)) << field;
    EXPECT_FALSE(answers_pass(other, same)) << field;
  }
}

/// What depends on how many requests run together shows where each also runs alone.
TEST(MadeAnswers, AnEngineThatIsAnotherOneAloneIsFound) {
  StandInEngine engine;
  engine.scored = [](const ScoreRequest&, std::size_t together) {
    ScoreResult out = score_of(2);
    if (together == 1) out.logprobs[0] = std::nextafter(-0.5f, 0.0f);
    return out;
  };
  engine.generated = [](const GenerateRequest&, std::size_t together) {
    GenerateResult out = answer_of_two_tokens();
    if (together == 1) out.tokens[1] = 9;
    return out;
  };
  EXPECT_THROW(
      verify_scores(
          engine, std::vector<ScoreRequest>(4), [](std::size_t) { return score_of(2); }, 1, 1),
      InternalError);
  EXPECT_THROW(verify_generations(
                   engine, ByteTokenizer(false), std::vector<GenerateRequest>(4),
                   [](std::size_t) { return answer_of_two_tokens(); }, 1, 1),
               InternalError);
}

/// Two layers of 64, so that the formula's terms are of one size.
EngineInfo numerics_of(const std::string& name, const std::string& weights) {
  EngineInfo info;
  info.layers = 2;
  info.hidden = 64;
  info.numerics = name;
  info.weight_dtype = weights;
  return info;
}
EngineInfo fp32() { return numerics_of("made/fp32", "BF16"); }
EngineInfo bf16() { return numerics_of("made/bf16", "BF16"); }
EngineInfo bf16_of_f32() { return numerics_of("made/bf16", "F32"); }

/// By hand, with u = 2^-24 and v = 2^-9: the sums' variance is S = u^2/3 * 4 * 64 * (7 * 2 + 1),
/// the operands' v^2/3 * (8 * 2 + 2), of weights that are rounded too v^2/3 * (16 * 2 + 2); a
/// deviation is the root of twice all of them.
TEST(RoundingModels, AreTheArithmeticOfTheirRoundings) {
  constexpr double kClose = 1e-12;  // relative
  const auto near = [](double value, double right) { EXPECT_NEAR(value, right, kClose * right); };
  near(RoundingModel(fp32()).deviation(1), 3.015782985847835e-06);
  near(RoundingModel(bf16()).deviation(1), 0.006765824139190068);
  near(RoundingModel(bf16_of_f32()).deviation(1), 0.009298735422040658);
  near(RoundingModel(bf16(), fp32()).deviation(1), 0.006765824811314141);
  near(RoundingModel(bf16(), bf16()).deviation(1), 0.009568320258273864);
  near(RoundingModel(fp32()).deviation(3), 3 * 3.015782985847835e-06);
  near(RoundingModel(fp32()).deviation(0.1), 3.015782985847835e-06);
}

/// Item 0 has two choices of one token, item 1 one text of a hundred, all at -0.5 nats, so that the
/// deviation is that of 1 nat.
class MadeOracle : public ::testing::Test {
 protected:
  MadeOracle() {
    for (std::uint32_t choice = 0; choice < 2; ++choice) add({0, 0, choice, 0}, 1);
    add({0, 1, 0, 0}, 100);
  }

  OracleReport compared() {
    StandInEngine engine;
    engine.facts = fp32();
    engine.scored = [&](const ScoreRequest& request, std::size_t) {
      ScoreResult out = theirs_.at(static_cast<std::size_t>(request.tokens[0]));
      for (std::size_t i = 0; i < out.logprobs.size(); ++i)
        out.top.push_back({{1, -0.25f}, {2, static_cast<float>(-0.25 - margin_)}});
      return out;
    };
    return compare_with_oracle(
        plan_, [&](std::size_t i) { return mine_.at(i); }, bf16(), engine, 1, 7);
  }

  RunPlan plan_;
  std::vector<ScoreResult> mine_, theirs_;
  double margin_ = 0;  // of the most likely token over the next one
  const double deviation_ = RoundingModel(bf16(), fp32()).deviation(1);

 private:
  void add(const RequestHome& home, std::size_t values) {
    ScoreRequest request;
    request.tokens.assign(values + 1, static_cast<std::int32_t>(mine_.size()));
    plan_.scores.push_back(request);
    plan_.score_homes.push_back(home);
    mine_.push_back(score_of(values));
    theirs_.push_back(score_of(values));
  }
};

TEST_F(MadeOracle, EqualAnswersAreExplained) {
  const OracleReport report = compared();
  EXPECT_TRUE(report.explained);
  EXPECT_THAT(report.text, HasSubstr("2 items, 102 log-probabilities: largest difference 0,"));
  EXPECT_THAT(report.text, HasSubstr("0 of 1 choices differ; 0 of 102 most likely tokens differ"));
}

/// A margin is the difference of two log-probabilities: the root of 2 times the deviation.
TEST_F(MadeOracle, AnotherMostLikelyTokenIsExplainedUpToSixDeviations) {
  mine_[2].argmax[50] = 2;
  margin_ = 5.9 * std::sqrt(2.0) * deviation_;
  EXPECT_TRUE(compared().explained) << compared().text;
  EXPECT_THAT(compared().text, HasSubstr("1 of 102 most likely tokens differ"));
  EXPECT_THAT(compared().text, HasSubstr("5.9 deviations; 0 above 6"));
  margin_ = 6.1 * std::sqrt(2.0) * deviation_;
  EXPECT_FALSE(compared().explained) << compared().text;
  EXPECT_THAT(compared().text, HasSubstr("6.1 deviations; 1 above 6"));
}

/// The choices change places: each moves by a little more than half of the margin.
TEST_F(MadeOracle, AnotherChoiceIsExplainedUpToSixDeviations) {
  const auto change_places = [&](double deviations) {
    const double margin = deviations * std::sqrt(2.0) * deviation_, moved = 0.51 * margin;
    theirs_[1].logprobs[0] = static_cast<float>(-0.5 - margin);
    mine_[0].logprobs[0] = static_cast<float>(-0.5 - moved);
    mine_[1].logprobs[0] = static_cast<float>(-0.5 - margin + moved);
  };
  change_places(5.9);
  EXPECT_TRUE(compared().explained) << compared().text;
  EXPECT_THAT(compared().text, HasSubstr("1 of 1 choices differ"));
  change_places(6.1);
  EXPECT_FALSE(compared().explained) << compared().text;
  EXPECT_THAT(compared().text, HasSubstr("1 of 1 choices differ"));
  EXPECT_THAT(compared().text, HasSubstr("6.1 deviations; 1 above 6"));
}

TEST_F(MadeOracle, ARootMeanSquareIsExplainedUpToOneDeviation) {
  const auto all_differ_by = [&](double deviations) {
    for (ScoreResult& result : mine_)
      for (float& value : result.logprobs)
        value = static_cast<float>(-0.5 - deviations * deviation_);
  };
  all_differ_by(0.99);
  EXPECT_TRUE(compared().explained) << compared().text;
  all_differ_by(1.01);
  EXPECT_FALSE(compared().explained) << compared().text;
}

TEST_F(MadeOracle, FiguresOfOneSideAloneAreNotExplained) {
  theirs_[2] = {};
  theirs_[2].error = "not finite";
  EXPECT_FALSE(compared().explained) << compared().text;
  mine_[2] = theirs_[2];
  EXPECT_TRUE(compared().explained) << "neither has any: " << compared().text;
  theirs_[2] = score_of(100);
  EXPECT_FALSE(compared().explained) << compared().text;
}

/// A penalty or a temperature chooses others than the most likely tokens.
TEST(GeneratedScores, NameTheMostLikelyTokensOfGreedyAnswersAlone) {
  RunPlan plan;
  for (const Sampling& sampling :
       {Sampling{}, Sampling{.repetition_penalty = 1.5}, Sampling{.temperature = 1}}) {
    GenerateRequest request;
    request.prompt = {7, 8};
    request.sampling = sampling;
    plan.generations.push_back(request);
    plan.generation_homes.push_back({0, 0, 0, 0});
  }
  const std::vector<ScoreResult> scores =
      add_generated_scores(plan, [](std::size_t) { return answer_of_two_tokens(); });
  ASSERT_EQ(scores.size(), 3u);
  EXPECT_EQ(scores[0].argmax, (std::vector<std::int32_t>{3, 4}));
  EXPECT_TRUE(scores[1].argmax.empty());
  EXPECT_TRUE(scores[2].argmax.empty());
  EXPECT_EQ(plan.scores.at(1).tokens, (std::vector<std::int32_t>{7, 8, 3, 4}));
  EXPECT_EQ(plan.scores[1].first_scored, 2);
}

}  // namespace
}  // namespace flm
