// What a policy can see, before a run and between two runs.
#include "reports/gate/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "base/documents/json.h"
#include "reports/gate/judge.h"
#include "tests/reports/gate/made_comparison.h"

namespace flm {
namespace {

using testing::HasSubstr;

Policy policy_of_rules(const std::string& rules) {
  return parse_policy("version: 1\nrules:\n" + rules, "gate.yaml");
}

TEST(Explain, WithoutRunsCountsTheItems) {
  const Policy policy = policy_of_rules("- {task: t, rule: not-worse, max_worse: 0.01}");
  const Explanation all = explain(policy, nullptr);
  ASSERT_EQ(all.rules.size(), 1u);
  ASSERT_EQ(all.rules[0].sights.size(), 3u);
  // (1.644854 + 0.841621)^2 * 0.1 / 0.01^2
  EXPECT_EQ(all.rules[0].sights[1].items_needed, 6183);
  EXPECT_EQ(all.rules[0].sights[1].reach, std::nullopt);
  EXPECT_THAT(explanation_text(all),
              HasSubstr("if 10 % of the answers differ: its limit asks for 6183 items"));
}

TEST(Explain, ARunAgainstItselfTellsTheSizes) {
  const Comparison same = comparison_of({binary_task("t", {600, 0, 0, 400})});
  const Explanation all = explain(policy_of_rules("- {task: t, max_worse: 0.01}"), &same);
  EXPECT_EQ(all.rules[0].n, 1000);
  EXPECT_FALSE(all.rules[0].observed);
  EXPECT_EQ(all.rules[0].sights.size(), 3u);
  EXPECT_THAT(explanation_text(all), HasSubstr("t acc no-drop 0.010, 1000 items\n"));
  EXPECT_THAT(explanation_text(all), HasSubstr("a drop of 0.025 fails in 8 of 10 runs"));
  EXPECT_NO_THROW(parse_json(explanation_json(all), "json"));
}

TEST(Explain, TwoRunsShowTheirOwnSpread) {
  const Comparison pair =
      comparison_of({binary_task("t", {570, 30, 30, 370}),
                     real_task("r", "bpb", false, {1, 2, 3}, {1.1, 2, 2.9}), not_comparable("x")});
  const Explanation all = explain(policy_of_rules("- {task: \"*\", max_worse: 0.01}"), &pair);
  EXPECT_TRUE(all.rules[0].observed);
  ASSERT_EQ(all.rules[0].sights.size(), 1u);
  EXPECT_EQ(all.rules[0].sights[0].discordant_share, 0.06);
  EXPECT_TRUE(all.rules[1].observed);
  EXPECT_EQ(all.tests, 2) << "what is missing is not tested";
  const std::string twice = "- {task: t, max_worse: 0.01}\n- {task: t, max_worse: 0.02}";
  EXPECT_EQ(explain(policy_of_rules(twice), &pair).tests, 1) << "one figure";
  EXPECT_EQ(explain(policy_of_rules(twice), nullptr).tests, 1) << "one figure";
  EXPECT_THAT(explanation_text(all), HasSubstr("Holm over 2 tests"));
  EXPECT_THAT(explanation_text(all), HasSubstr("as these runs differ: "));
  EXPECT_THAT(explanation_text(all), HasSubstr("MISSING: not comparable: num_fewshot differs"));
}

// Where the runs' own items do not prove a limit, the limit asks for more of them, not for fewer.
TEST(Explain, ItemsThatALimitAsksForAgreeWithWhatTheseProve) {
  const Comparison pair = comparison_of({real_task("r", "bpb", false, {1, 2, 3}, {1.1, 2, 2.9})});
  for (const char* limit : {"0.05", "0.15", "0.2", "0.22", "0.3", "0.5"}) {
    const Explanation all = explain(
        policy_of_rules(std::string("- {task: r, rule: not-worse, max_worse: ") + limit + "}"),
        &pair);
    const Sight& sight = all.rules.at(0).sights.at(0);
    EXPECT_EQ(*sight.reach <= std::stod(limit), *sight.items_needed <= 3) << limit;
  }
}

TEST(Explain, ALimitThatNoSetProvesIsSaid) {
  const Policy policy = policy_of_rules("- {task: r, max_worse: 1.0e-12}");
  const Comparison pair = comparison_of({real_task("r", "bpb", false, {1, 2, 3}, {1.1, 2, 2.9})});
  for (const Comparison* runs : {&pair, static_cast<const Comparison*>(nullptr)})
    EXPECT_THAT(explanation_text(explain(policy, runs)),
                HasSubstr("its limit asks for more than 10^15 items"));
}

// What it promises holds: a true drop of the size that it names fails in about 8 of 10 runs.
TEST(Explain, ADropOfTheSizeThatItNamesFailsInEightOfTen) {
  for (const std::int64_t n : {1000, 14042}) {
    const Policy policy = policy_of_rules("- {task: t, max_worse: 0.005}");
    const Comparison same = comparison_of({binary_task("t", {n, 0, 0, 0}, false)});
    const double share = 0.10;
    const double drop = *explain(policy, &same).rules[0].sights[1].reach;
    std::mt19937 random(20261128);
    constexpr int kPairs = 4000;
    int fails = 0;
    for (int pair = 0; pair < kPairs; ++pair) {
      const auto binomial = [&](std::int64_t of, double p) {
        return std::binomial_distribution<std::int64_t>(of, p)(random);
      };
      const std::int64_t flips = binomial(n, share);
      const std::int64_t lost = binomial(flips, (share + drop) / (2 * share));
      const PairedCounts counts{n - flips, lost, flips - lost, 0};
      fails += judge(policy, comparison_of({binary_task("t", counts, false)})).exit_code() == 1;
    }
    EXPECT_NEAR(double(fails) / kPairs, 0.8, 0.03) << n << " items, a drop of " << drop;
  }
}

}  // namespace
}  // namespace flm
