// Answers that the limit on new tokens cut: the rate stands beside the score, and a higher limit
// goes on from what is stored.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "tests/harness/program.h"

namespace flm::testing {
namespace {

constexpr int kItems = 3;

class CutAnswers : public ::testing::TestWithParam<std::string> {
 protected:
  /// A run whose answers end after at most `limit` tokens; its results.
  Json run_with(int limit, const std::string& store, const std::string& folder) {
    outcome_ = run(scratch_, {"run", "--model", nano(), "--tasks", "gsm8k", "--num-fewshot", "0",
                              "--limit", std::to_string(kItems), "--gen-kwargs",
                              "max_gen_toks=" + std::to_string(limit) + GetParam(), "--store",
                              store, "--output", folder});
    EXPECT_EQ(outcome_.exit_code, 0) << outcome_.err;
    return read_json_file((scratch_ / folder).string() + "/results.json");
  }
  std::string answers(const std::string& folder) {
    std::string out;
    std::istringstream lines(slurp(scratch_ / (folder + "/samples_gsm8k.jsonl")));
    for (std::string line; std::getline(lines, line);) {
      const Json sample = parse_json(line, "sample");
      out += sample.at("resps").dump() + sample.at("filtered_resps").dump() +
             sample.at("exact_match").dump() + sample.at("cut_answers").dump() + "\n";
    }
    return out;
  }
  Scratch scratch_;
  Outcome outcome_;
};

std::int64_t generated(const Json& results) {
  return results.at("flmeval").at("cost").at("generated_tokens").get<std::int64_t>();
}

TEST_P(CutAnswers, AHigherLimitGoesOnToTheBitsOfAFreshRun) {
  const Json low = run_with(6, "s.db", "low");
  const Json& score = low.at("flmeval").at("rows").at(0).at("scores").at(0);
  EXPECT_EQ(score.at("cut"), 1.0) << score;
  EXPECT_EQ(score.at("value_if_cut_wrong"), 0.0);
  EXPECT_TRUE(score.at("value_of_ended").is_null());
  EXPECT_NE(outcome_.out.find("100% cut"), std::string::npos) << outcome_.out;
  EXPECT_EQ(generated(low), 6 * kItems);

  const Json high = run_with(20, "s.db", "high");
  EXPECT_NE(outcome_.err.find("answers cut by a lower limit and gone on from: 3"),
            std::string::npos)
      << outcome_.err;
  EXPECT_EQ(generated(high), 14 * kItems) << "the missing tokens alone";
  const Json fresh = run_with(20, "f.db", "fresh");
  EXPECT_EQ(generated(fresh), 20 * kItems);
  EXPECT_EQ(answers("high"), answers("fresh"));

  const Json middle = run_with(9, "s.db", "middle");
  EXPECT_NE(outcome_.err.find("nothing to compute"), std::string::npos) << outcome_.err;
  EXPECT_EQ(generated(middle), 0);
  run_with(9, "m.db", "fresh_middle");
  EXPECT_EQ(answers("middle"), answers("fresh_middle"));
  EXPECT_EQ(generated(run_with(20, "s.db", "again")), 0) << "the longest stays stored";
}

INSTANTIATE_TEST_SUITE_P(Greedy, CutAnswers, ::testing::Values(""));
INSTANTIATE_TEST_SUITE_P(Sampled, CutAnswers,
                         ::testing::Values(",temperature=0.9,do_sample=true,top_p=0.9"));

}  // namespace
}  // namespace flm::testing
