// --verify-against: rounding is told from faults.
#include "harness/proof/oracle.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "base/errors.h"
#include "tests/engine/fixture.h"
#include "tests/harness/program.h"

namespace flm {
namespace {

std::unique_ptr<Engine> open(const std::string& model, Precision precision) {
  static SilentProgress silent;
  EngineOptions options;
  options.model = model;
  options.precision = precision;
  options.threads = 2;
  return Engine::open(options, silent);
}

/// Items of four choices with random continuations of 1 to 4 tokens.
RunPlan choices(const EngineInfo& info, std::uint32_t items) {
  RunPlan plan;
  for (std::uint32_t item = 0; item < items; ++item)
    for (std::uint32_t choice = 0; choice < 4; ++choice) {
      std::vector<std::int32_t> tokens = test::random_ids(20 + item, info.vocab_rows, item);
      for (std::int32_t id : test::random_ids(1 + item % 4, info.vocab_rows, 100 + choice))
        tokens.push_back(id);
      plan.scores.push_back({tokens, static_cast<std::int32_t>(20 + item), 0});
      plan.score_homes.push_back({0, item, choice, 0});
    }
  return plan;
}

OracleReport compare(const RunPlan& plan, const std::vector<ScoreResult>& reported,
                     const EngineInfo& run, Engine& oracle) {
  return compare_with_oracle(
      plan, [&](std::size_t i) { return reported[i]; }, run, oracle, 1, 7);
}

class Oracle : public ::testing::TestWithParam<std::string> {};

TEST_P(Oracle, Bf16IsExplainedByRoundingAndAFaultIsNot) {
  FLM_NEED_SHARED();
  const std::string model = test::kShared / GetParam();
  const auto narrow = open(model, Precision::kBf16), wide = open(model, Precision::kFp32);
  const RunPlan plan = choices(narrow->info(), 24);
  std::vector<ScoreResult> reported = test::score_all(*narrow, plan.scores);
  const OracleReport sound = compare(plan, reported, narrow->info(), *wide);
  EXPECT_TRUE(sound.explained) << sound.text;
  EXPECT_EQ(sound.text.find("largest difference 0,"), std::string::npos) << sound.text;
  std::vector<ScoreResult> faulty = reported;
  for (std::size_t i = 0; i < 4; ++i) faulty[i].logprobs[0] += i == 3 ? 0.0f : -30.0f;
  const OracleReport found = compare(plan, faulty, narrow->info(), *wide);
  EXPECT_FALSE(found.explained) << found.text;
  EXPECT_NE(found.text.find("NOT explained"), std::string::npos) << found.text;
  faulty = reported;
  faulty[5].argmax[0] = (faulty[5].argmax[0] + 1) % narrow->info().vocab_rows;
  EXPECT_NE(compare(plan, faulty, narrow->info(), *wide).text, sound.text);
  faulty[5].logprobs[0] = NAN;
  EXPECT_FALSE(compare(plan, faulty, narrow->info(), *wide).explained);
}

INSTANTIATE_TEST_SUITE_P(Models, Oracle,
                         ::testing::Values("models/nano/step_01600",
                                           "conformance/checkpoints/llama-gqa-tied"));

TEST(OracleOfTheSame, HasNoDifference) {
  FLM_NEED_NANO();
  const auto run = open(test::nano(), Precision::kFp32),
             oracle = open(test::nano(), Precision::kFp32);
  const RunPlan plan = choices(run->info(), 6);
  const OracleReport report =
      compare(plan, test::score_all(*run, plan.scores), run->info(), *oracle);
  EXPECT_TRUE(report.explained);
  EXPECT_NE(report.text.find("6 items, 52 log-probabilities: largest difference 0, "),
            std::string::npos)
      << report.text;
  EXPECT_NE(report.text.find("0 of 6 choices differ; 0 of 52 most likely tokens differ"),
            std::string::npos)
      << report.text;
}

TEST(OracleFlags, AreCheckedBeforeAnythingRuns) {
  EXPECT_EQ(oracle_flags({}, "cuda-bf16").device, "cuda");
  EXPECT_THROW(oracle_flags({}, "cpu"), UserError);
  EXPECT_DOUBLE_EQ(oracle_share("5%"), 0.05);
  for (const char* share : {"0", "", "2", "x", "-1%", "1%%"})
    EXPECT_THROW(oracle_share(share), UserError) << share;
}

TEST(OracleRun, TheCommandReportsAndSaysNo) {
  FLM_NEED_NANO();
  testing::Scratch scratch;
  const std::vector<std::string> words = {"run",     "--model",     test::nano(),
                                          "--tasks", "hellaswag",   "--limit",
                                          "8",       "--precision", "bf16"};
  const auto with = [&](const std::string& backend, const std::string& share) {
    std::vector<std::string> all = words;
    all.insert(all.end(), {"--verify-against", backend, share});
    return testing::run(scratch, all);
  };
  const testing::Outcome sound = with("cpu-fp32", "50%");
  EXPECT_EQ(sound.exit_code, 0) << sound.err;
  EXPECT_NE(sound.err.find("verify-against flm-cpu-1/fp32"), std::string::npos) << sound.err;
  EXPECT_EQ(with("cpu-int8", "1%").exit_code, 2);
  EXPECT_EQ(with("cpu-fp32", "150%").exit_code, 2);
}

}  // namespace
}  // namespace flm
