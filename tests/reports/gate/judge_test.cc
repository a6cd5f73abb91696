// Each rule says what it should of a comparison, and the decision follows from the rules.
#include "reports/gate/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/reports/gate/made_comparison.h"

namespace flm {
namespace {

using testing::HasSubstr;

const PairedCounts kSame = {600, 0, 0, 400};        // a run against itself
const PairedCounts kNoise = {570, 30, 28, 372};     // worse by 0.002
const PairedCounts kDropped = {500, 100, 20, 380};  // worse by 0.08

Policy policy_of(const std::string& rules, const std::string& head = "") {
  return parse_policy("version: 1\n" + head + "rules:\n" + rules, "gate.yaml");
}

GateResult gate(const std::string& rules, std::vector<ComparisonRow> rows,
                const std::string& head = "") {
  return judge(policy_of(rules, head), comparison_of(std::move(rows)));
}

TEST(NoDrop, FailsWhatIsWorseBeyondTheLimitAndSignificantly) {
  const auto verdict = [](const PairedCounts& counts, const char* limit) {
    const GateResult result =
        gate(std::string("- {task: t, max_worse: ") + limit + "}", {binary_task("t", counts)});
    EXPECT_EQ(result.rules.size(), 1u);
    return result.rules[0].verdict;
  };
  EXPECT_EQ(verdict(kDropped, "0.01"), GateVerdict::kFail);
  EXPECT_EQ(verdict(kDropped, "0.1"), GateVerdict::kPass) << "significant, within the limit";
  EXPECT_EQ(verdict({5, 3, 1, 6}, "0.01"), GateVerdict::kPass) << "beyond the limit, by chance";
  EXPECT_EQ(verdict(kSame, "0"), GateVerdict::kPass);
  EXPECT_EQ(verdict({500, 20, 100, 380}, "0"), GateVerdict::kPass) << "better";
}

TEST(NoDrop, SaysWhatItCouldHaveMissedAndMayAskForMore) {
  const std::vector<ComparisonRow> rows = {binary_task("t", kNoise)};
  const RuleResult passed = gate("- {task: t, max_worse: 0.01}", rows).rules[0];
  EXPECT_EQ(passed.verdict, GateVerdict::kPass);
  EXPECT_THAT(passed.sentence, HasSubstr("0.600 to 0.598, worse by 0.002 (limit 0.010)"));
  // One-sided at 0.05: (1.645 + 0.842) times the error, 0.0075.
  EXPECT_THAT(passed.sentence, HasSubstr("would see 0.019 in 8 of 10 such runs"));
  const GateResult blind = gate("- {task: t, max_worse: 0.01, see: max_worse}", rows);
  EXPECT_EQ(blind.rules[0].verdict, GateVerdict::kInconclusive);
  EXPECT_THAT(blind.rules[0].sentence, HasSubstr("the rule asks for 0.010"));
  EXPECT_EQ(blind.exit_code(), 3);
  EXPECT_EQ(gate("- {task: t, max_worse: 0.01, see: 0.03}", rows).exit_code(), 0);
}

TEST(NoDrop, FollowsTheMetricsDirection) {
  std::vector<double> a, b;
  std::mt19937 random(1);
  std::normal_distribution<double> normal(0, 0.1);
  for (int i = 0; i < 400; ++i) {
    a.push_back(0.9 + normal(random));
    b.push_back(a.back() + 0.05 + 0.1 * normal(random));
  }
  const auto of = [&](bool higher) {
    return gate("- {task: t, max_worse: 0.01}", {real_task("t", "bpb", higher, a, b)}).rules[0];
  };
  EXPECT_EQ(of(true).verdict, GateVerdict::kPass) << "more is better";
  EXPECT_EQ(of(false).verdict, GateVerdict::kFail) << "more is worse";
  EXPECT_NEAR(*of(false).worse, 0.05, 0.002);
  EXPECT_LT(*of(false).p, 1e-6);
  EXPECT_GT(*of(true).p, 1 - 1e-6) << "one-sided";
}

TEST(NoDrop, HolmOverTheBlockingRulesOnly) {
  // One-sided mid-p of 15 to 4 is .0060: below .05 times one, above it among ten.
  const PairedCounts doubtful{500, 15, 4, 481};
  std::vector<ComparisonRow> rows;
  for (int i = 0; i < 10; ++i)
    rows.push_back(binary_task("t" + std::to_string(i), i == 0 ? doubtful : kSame));
  const GateResult one = gate("- {task: t0, max_worse: 0.01}", rows);
  EXPECT_EQ(one.rules[0].verdict, GateVerdict::kFail);
  EXPECT_EQ(one.tests, 1);
  const GateResult ten = gate("- {task: \"t*\", max_worse: 0.01}", rows);
  ASSERT_EQ(ten.rules.size(), 10u);
  EXPECT_EQ(ten.tests, 10);
  EXPECT_EQ(ten.rules[0].verdict, GateVerdict::kPass);
  EXPECT_NEAR(*ten.rules[0].p_adjusted, 10 * *ten.rules[0].p, 1e-12);
  EXPECT_EQ(gate("- {task: \"t*\", max_worse: 0.01}", rows, "family: none\n").exit_code(), 1);
  const GateResult advisory = gate(
      "- {task: t0, max_worse: 0.01}\n- {task: \"t[1-9]\", max_worse: 0.01, level: advisory}\n"
      "- {task: \"t?\", max_worse: 0.01, level: advisory}",
      rows);
  EXPECT_EQ(advisory.tests, 1) << "advisory rules cost the blocking ones nothing";
}

TEST(NoDrop, ATaskOfTwoGroupsIsOneTest) {
  // 24 lost, 11 won: one-sided mid-p .0144 (scipy: binom.sf(23, 35, .5) - binom.pmf(24, 35, .5) / 2
  // and its like), below .02 once and above it twice.
  ComparisonRow first = binary_task("g", kSame), second = binary_task("h", kSame);
  first.is_group = second.is_group = true;
  ComparisonRow task = binary_task("t", {100, 24, 11, 65});
  task.depth = 1;
  const std::vector<ComparisonRow> rows = {first, task, second, task};
  const std::string head = "alpha: 0.02\n", rule = "- {task: t, max_worse: 0.01}\n";
  const GateResult once = gate(rule, rows, head);
  ASSERT_EQ(once.rules.size(), 1u);
  EXPECT_EQ(once.tests, 1);
  EXPECT_NEAR(*once.rules[0].p_adjusted, *once.rules[0].p, 1e-15);
  EXPECT_EQ(once.exit_code(), 1);
  // Another rule of the same figure asks the same question: no test more.
  const GateResult twice =
      gate(rule + "- {task: \"t*\", rule: not-worse, max_worse: 0.2}", rows, head);
  ASSERT_EQ(twice.rules.size(), 2u);
  EXPECT_EQ(twice.tests, 1);
  EXPECT_EQ(*twice.rules[1].p_adjusted, *twice.rules[0].p);
  EXPECT_EQ(twice.exit_code(), 1);
}

// Holm's first step is the hardest: z of 0.05 / 10, with the power's z, times the error.
TEST(NoDrop, WhatItWouldSeeMustPassHolmsFirstStep) {
  std::vector<ComparisonRow> rows;
  for (int i = 0; i < 10; ++i) rows.push_back(binary_task("t" + std::to_string(i), kNoise));
  const auto seen = [&](const std::string& rule, const std::string& head = "") {
    return *gate(rule, rows, head).rules[0].detectable;
  };
  EXPECT_NEAR(seen("- {task: \"t*\", max_worse: 0.01}"), 0.026025630409279382, 1e-9);
  EXPECT_NEAR(seen("- {task: \"t*\", max_worse: 0.01}", "family: none\n"), 0.018935775379641005,
              1e-9);
  EXPECT_NEAR(seen("- {task: \"t*\", max_worse: 0.01, level: advisory}"), 0.018935775379641005,
              1e-9);
}

// Of five signs all are equal in 2 of 32 patterns, of six in 2 of 64; one-sided, at 0.05.
TEST(NoDrop, SoFewItemsThatTheirTestSeldomRejectsSeeNothing) {
  ComparisonRow five = real_task("t", "score", true, {0, 0, 0, 0, 0}, {0.1, -0.1, 0.2, 0.3, -0.2});
  five.metrics[0].least_p = 2.0 / 32;
  const RuleResult blind = gate("- {task: t, max_worse: 0.01}", {five}).rules[0];
  EXPECT_EQ(blind.detectable, std::nullopt);
  EXPECT_THAT(blind.sentence, HasSubstr("what such runs could miss is not known"));
  ComparisonRow six =
      real_task("t", "score", true, {0, 0, 0, 0, 0, 0}, {0.1, -0.1, 0.2, 0.3, -0.2, -0.3});
  six.metrics[0].least_p = 2.0 / 64;
  EXPECT_TRUE(gate("- {task: t, max_worse: 0.01}", {six}).rules[0].detectable);
}

// 58 of 1,000 answers differ: no drop of such runs is larger than 0.058.
TEST(NoDrop, SeesNoLargerDropThanThereAreAnswersThatDiffer) {
  const RuleResult result =
      gate("- {task: t, max_worse: 0.06}", {binary_task("t", kNoise)}).rules[0];
  EXPECT_EQ(result.detectable, std::nullopt) << "it would be 0.066";
  EXPECT_THAT(result.sentence, HasSubstr("what such runs could miss is not known"));
}

TEST(NotWorse, PassesWhatIsProven) {
  // Newcombe's 90% limits of this table are recorded: -0.0110793 (see paired goldens).
  const std::vector<ComparisonRow> rows = {binary_task("t", {700, 40, 42, 390})};
  const GateResult proven = gate("- {task: t, rule: not-worse, max_worse: 0.02}", rows);
  EXPECT_EQ(proven.rules[0].verdict, GateVerdict::kPass);
  EXPECT_NEAR(*proven.rules[0].most_worse, 0.011079256078196166, 1e-10);
  const GateResult open = gate("- {task: t, rule: not-worse, max_worse: 0.005}", rows);
  EXPECT_EQ(open.rules[0].verdict, GateVerdict::kInconclusive);
  EXPECT_EQ(open.exit_code(), 3);
  // (z.95 + z.8)^2 (82 / 1172) / (0.005 + 0.0017)^2, about.
  EXPECT_NEAR(double(*open.rules[0].items_needed), 9640, 200);
  EXPECT_THAT(open.rules[0].sentence, HasSubstr("items would decide"));
  const GateResult worse =
      gate("- {task: t, rule: not-worse, max_worse: 0.01}", {binary_task("t", kDropped)});
  EXPECT_EQ(worse.rules[0].verdict, GateVerdict::kFail);
}

TEST(NotWorse, OfRealValuesIsStudentsLimit) {
  const std::vector<double> a = {0, 0, 0, 0, 0}, b = {0.1, -0.1, 0.2, 0, -0.2};
  const RuleResult result =
      gate("- {task: t, rule: not-worse, max_worse: 1}", {real_task("t", "score", true, a, b)})
          .rules[0];
  // Mean 0, sd 0.158114, se 0.0707107, t.95 of 4 degrees 2.131847.
  EXPECT_NEAR(*result.most_worse, 0.1507443, 1e-6);
  const RuleResult lower =
      gate("- {task: t, rule: not-worse, max_worse: 1}", {real_task("t", "loss", false, a, b)})
          .rules[0];
  EXPECT_NEAR(*lower.most_worse, 0.1507443, 1e-6);
}

/// Right and wrong answers to ten passages of four questions each: of the passages `lost` lose two
/// right answers and the others gain two.
PairedValues passages(int lost) {
  PairedValues out{"mean", true, {}, {}, {}};
  for (int passage = 0; passage < 10; ++passage)
    for (int question = 0; question < 4; ++question) {
      const bool differs = question < 2, right = question == 2;
      out.a.push_back({(differs ? passage < lost : right) ? 1.0 : 0.0});
      out.b.push_back({(differs ? passage >= lost : right) ? 1.0 : 0.0});
      out.clusters.push_back("passage " + std::to_string(passage));
    }
  return out;
}

// t(.95, 9) sqrt(10 / 9 * 40) / 40, by scipy; Newcombe's limit of the same answers, taken one by
// one, is 0.178.
TEST(NotWorse, OfAnswersInClustersIsStudentsLimit) {
  const std::vector<ComparisonRow> rows = {compared_task("t", passages(5))};
  const GateResult open = gate("- {task: t, rule: not-worse, max_worse: 0.25}", rows);
  EXPECT_NEAR(*open.rules[0].most_worse, 0.30551882210937287, 1e-9);
  EXPECT_EQ(open.rules[0].verdict, GateVerdict::kInconclusive);
  EXPECT_EQ(gate("- {task: t, rule: not-worse, max_worse: 0.31}", rows).exit_code(), 0);
}

// Wrong in both 40, in A alone 10, in B alone 12, in neither 138. Newcombe's (1998) tenth method of
// these counts as right answers, 138, 12, 10, 40, by a script.
TEST(NotWorse, OfAnErrorRateIsTheLimitOfTheAnswersThatAreRight) {
  PairedValues wrong{"mean", false, {}, {}, {}};
  for (int i = 0; i < 200; ++i) {
    wrong.a.push_back({i < 50 ? 1.0 : 0.0});
    wrong.b.push_back({i < 40 || (i >= 50 && i < 62) ? 1.0 : 0.0});
    wrong.clusters.emplace_back();
  }
  const RuleResult result =
      gate("- {task: t, rule: not-worse, max_worse: 0.1}", {compared_task("t", wrong)}).rules[0];
  EXPECT_NEAR(*result.worse, 0.01, 1e-12);
  EXPECT_NEAR(*result.most_worse, 0.04974147274002083, 1e-10);
}

// Two models that answer "no" 60 times: their acc may still differ by 0.03 on other items, so F1 of
// the same answers cannot be proved to differ by no more than 0.01.
TEST(NotWorse, EqualAnswersProveNothingForF1) {
  PairedValues values{"f1", true, {}, {}, {}};
  for (int i = 0; i < 60; ++i) values.a.push_back({double(i % 2), 0});
  values.b = values.a;
  values.clusters.resize(60);
  const std::vector<ComparisonRow> rows = {compared_task("t", values), binary_task("u", kSame)};
  const auto result = [&](const std::string& rule) { return gate(rule, rows).rules.at(0); };
  const RuleResult not_worse = result("- {task: t, rule: not-worse, max_worse: 0.01}");
  EXPECT_EQ(not_worse.verdict, GateVerdict::kMissing) << not_worse.sentence;
  EXPECT_EQ(not_worse.most_worse, std::nullopt);
  EXPECT_EQ(result("- {task: t, max_worse: 0}").verdict, GateVerdict::kPass);
  EXPECT_EQ(result("- {task: t, max_worse: 0, see: 0.001}").verdict, GateVerdict::kPass)
      << "no item differs, as where answers are right or wrong";
  EXPECT_EQ(result("- {suite: [t, u], max_worse: 0}").verdict, GateVerdict::kPass)
      << "one task of a suite without a change adds no error";
}

TEST(Limit, LooksAtTheValueOrItsInterval) {
  const std::vector<ComparisonRow> rows = {binary_task("t", kNoise)};  // B: 0.598
  const auto verdict = [&](const std::string& bounds) {
    return gate("- {task: t, rule: limit, " + bounds + "}", rows).rules[0].verdict;
  };
  EXPECT_EQ(verdict("min: 0.59"), GateVerdict::kPass);
  EXPECT_EQ(verdict("min: 0.6"), GateVerdict::kFail);
  EXPECT_EQ(verdict("max: 0.59"), GateVerdict::kFail);
  EXPECT_EQ(verdict("min: 0.59, certain: true"), GateVerdict::kFail) << "it reaches to 0.567";
  EXPECT_EQ(verdict("min: 0.56, certain: true"), GateVerdict::kPass);
  EXPECT_EQ(verdict("min: 0.56, max: 0.62, certain: true"), GateVerdict::kFail);
}

TEST(Suite, IsTheMacroDifference) {
  std::vector<ComparisonRow> rows = {binary_task("x", {50, 10, 0, 40}),
                                     binary_task("y", {5, 1, 1, 3})};
  const RuleResult result = gate("- {suite: [x, y], max_worse: 0.01}", rows).rules[0];
  EXPECT_NEAR(*result.difference, -0.05, 1e-12);
  EXPECT_EQ(result.n, 110);
  // The ten of x outweigh y's two whatever their signs: each item of y weighs ten of x's, so that
  // 10 +- 10 +- 10 is as large as the 10 observed in many ways; by enumeration over 12 signs:
  // |x + 10 y| >= 10 with x the sum of ten signs and y that of two.
  double count = 0;
  for (int signs = 0; signs < 4096; ++signs) {
    const int ones = __builtin_popcount(unsigned(signs) & 1023u);
    const int y = (signs & 1024 ? 10 : -10) + (signs & 2048 ? 10 : -10);
    count += std::abs(2 * ones - 10 + y) >= 10;
  }
  EXPECT_NEAR(*result.p, count / 4096 / 2, 1e-12);
  ComparisonRow group = binary_task("g", kSame);
  group.is_group = true;
  rows[0].depth = rows[1].depth = 1;
  rows.insert(rows.begin(), group);
  const RuleResult of_group = gate("- {suite: g, max_worse: 0.01}", rows).rules[0];
  EXPECT_NEAR(*of_group.difference, -0.05, 1e-12) << "the tasks below it";
  ComparisonRow inner = binary_task("inner", kSame), again = rows[1];
  inner.is_group = true;
  inner.depth = 1;
  again.depth = 2;
  rows.insert(rows.end(), {inner, again});
  EXPECT_NEAR(*gate("- {suite: g, max_worse: 0.01}", rows).rules[0].difference, -0.05, 1e-12)
      << "a task of two groups counts once";
  EXPECT_EQ(gate("- {suite: [x, z], max_worse: 0.01}", rows).rules[0].verdict,
            GateVerdict::kMissing);
}

TEST(Suite, OfATaskOfOneItemHasNoError) {
  const std::vector<ComparisonRow> rows = {binary_task("x", {50, 0, 0, 50}),
                                           binary_task("y", {0, 1, 0, 0})};
  for (const char* rule : {"max_worse: 0.01", "rule: not-worse, max_worse: 0.6"}) {
    const RuleResult result = gate(std::string("- {suite: [x, y], ") + rule + "}", rows).rules[0];
    EXPECT_EQ(result.verdict, GateVerdict::kMissing);
    EXPECT_EQ(result.sentence, "the difference of a task (one item) has no error");
  }
}

// The effect e with nct.sf(t.ppf(.95, 9), 9, e) = 0.8, by scipy, times the error of 1 / 6.
TEST(NoDrop, OfAnswersInClustersSeesWhatStudentsTestSees) {
  const RuleResult result =
      gate("- {task: t, max_worse: 0.01}", {compared_task("t", passages(5))}).rules[0];
  ASSERT_TRUE(result.detectable);
  EXPECT_NEAR(*result.detectable, 0.44948483545092427, 1e-6);
}

// Two such tasks, each worse by 0.2 with an error of sqrt(10 / 9 * 33.6) / 40 and 9 degrees of
// freedom: t(18), by scipy. The 80 answers one by one say .008.
TEST(Suite, OfTasksInClustersIsTestedByTheirErrors) {
  const std::vector<ComparisonRow> rows = {compared_task("x", passages(7)),
                                           compared_task("y", passages(7))};
  const RuleResult result = gate("- {suite: [x, y], max_worse: 0.01}", rows).rules[0];
  EXPECT_NEAR(*result.difference, -0.2, 1e-12);
  EXPECT_NEAR(*result.p, 0.040276936054254614, 1e-9);
}

TEST(Suite, OfMetricsThatAreNoMeansUsesTheirErrors) {
  ComparisonRow ratio = real_task("r", "bpb", false, {1, 2, 3, 4}, {1.1, 2.2, 2.9, 4.1});
  ratio.metrics[0].mean_of_items = false;  // a ratio of sums that equals the mean by chance
  const RuleResult result = gate("- {suite: [r], max_worse: 0.01}", {ratio}).rules[0];
  EXPECT_NEAR(*result.p, *ratio.metrics[0].p / 2, 1e-12) << "of one task its own p";
  ComparisonRow upward = real_task("u", "acc", true, {0, 1}, {1, 0});
  EXPECT_THAT(gate("- {suite: [r, u], max_worse: 0.01}", {ratio, upward}).rules[0].sentence,
              HasSubstr("point different ways"));
}

TEST(Missing, NeverPasses) {
  ComparisonRow partly = binary_task("partly", kSame);
  partly.verdict = Comparability::kPartly;
  partly.only_in = {100, 0};
  ComparisonRow no_value = binary_task("no_value", kSame);
  no_value.metrics[0].p = no_value.metrics[0].difference = std::nullopt;
  no_value.metrics[0].reason = "2% of the items are flagged";
  ComparisonRow only_a;
  only_a.name = "only_a";
  only_a.verdict = Comparability::kOnlyInA;
  ComparisonRow group, member = only_a;  // a group without figures, for its member has none
  group.name = "group";
  group.is_group = true;
  group.flagged = group.failed = {{0, 0}};
  member.name = "member";
  member.depth = 1;
  const std::vector<ComparisonRow> rows = {
      binary_task("mmlu", kSame), not_comparable("gsm8k"), partly, no_value, only_a, group, member};
  const auto why = [&](const std::string& rule, const std::string& head = "") {
    for (const std::string how : {"report", "pass", "fail"}) {
      const GateResult result = gate("- " + rule, rows, head + "inconclusive: " + how + "\n");
      EXPECT_EQ(result.rules[0].verdict, GateVerdict::kMissing) << rule;
      EXPECT_EQ(result.exit_code(), how == "fail" ? 1 : 3) << rule;
    }
    return gate("- " + rule, rows, head).rules[0].sentence;
  };
  EXPECT_EQ(why("{task: mmul, max_worse: 0.01}"), "no such task in either run; did you mean mmlu?");
  EXPECT_EQ(why("{task: \"xyz*\", max_worse: 0.01}"), "no such task in either run");
  EXPECT_EQ(why("{task: gsm8k, max_worse: 0.01}"), "not comparable: num_fewshot differs: A 5, B 8");
  EXPECT_EQ(why("{task: only_a, rule: limit, min: 0}"), "B lacks it");
  EXPECT_EQ(why("{task: group, max_worse: 0.01}"), "member: B lacks it");
  EXPECT_EQ(why("{task: no_value, max_worse: 0.01}"), "2% of the items are flagged");
  EXPECT_EQ(why("{task: mmlu, metric: ac, max_worse: 0.01}"),
            "has no such metric ac; did you mean acc?");
  EXPECT_THAT(why("{task: mmlu, filter: strict, max_worse: 0.01}"), HasSubstr("the filter strict"));
  EXPECT_EQ(why("{task: partly, max_worse: 0.01}"),
            "too few items in common: 1000 of 1100, the policy's common is 1.000");
  EXPECT_EQ(gate("- {task: partly, max_worse: 0.01}", rows, "common: 0.9\n").exit_code(), 0);
  EXPECT_THAT(why("{task: mmlu, max_worse: 0.01}", "items: {errors: 0}\n"),
              HasSubstr("does not say"));
  std::vector<ComparisonRow> flagged = {binary_task("mmlu", kSame)};
  flagged[0].flagged = {{0, 11}};
  flagged[0].failed = {{0, 0}};
  const std::string rule = "- {task: mmlu, max_worse: 0.01}";
  EXPECT_EQ(gate(rule, flagged, "items: {flagged: 0.01, errors: 0}\n").rules[0].sentence,
            "flagged items of B: 11 of 1000, the policy allows a share of 0.010");
  EXPECT_EQ(gate(rule, flagged, "items: {flagged: 0.02, errors: 0}\n").exit_code(), 0);
}

// 11 of B's 1,100 items, of which A has 1,000.
TEST(Missing, FlaggedItemsAreAShareOfAllItemsOfTheirRun) {
  ComparisonRow row = binary_task("t", kSame);
  row.verdict = Comparability::kPartly;
  row.only_in = {0, 100};
  row.flagged = {{0, 11}};
  row.failed = {{0, 0}};
  const std::string rule = "- {task: t, max_worse: 0.01}";
  const std::string head = "common: 0.9\nitems: {flagged: 0.01, errors: 0}\n";
  EXPECT_EQ(gate(rule, {row}, head).exit_code(), 0);
  row.flagged = {{0, 12}};
  EXPECT_EQ(gate(rule, {row}, head).rules[0].sentence,
            "flagged items of B: 12 of 1100, the policy allows a share of 0.010");
}

TEST(Missing, AGroupWithoutOneOfItsTasks) {
  ComparisonRow group = binary_task("mmlu", kSame), outside = not_comparable("gsm8k");
  group.is_group = true;
  ComparisonRow law = binary_task("mmlu_law", kSame), physics = not_comparable("mmlu_physics");
  law.depth = physics.depth = 1;
  const std::string rule = "- {task: mmlu, max_worse: 0.01}";
  EXPECT_EQ(gate(rule, {group, law, physics}).rules[0].sentence,
            "mmlu_physics: not comparable: num_fewshot differs: A 5, B 8");
  EXPECT_EQ(gate(rule, {group, law, physics}).exit_code(), 3);
  EXPECT_EQ(gate(rule, {group, law, outside}).exit_code(), 0);
}

// A comparison makes the first metric that can be compared the main one; a gate that was asked for
// the task must not pass on another metric than the task's own.
TEST(Missing, AnotherMetricDoesNotStandInForTheTasksFirst) {
  ComparisonRow row = binary_task("arc", kSame);
  row.metrics[0].metric = "acc_norm";
  MetricComparison first;
  first.metric = "acc";
  first.first = true;
  first.verdict = Comparability::kNotComparable;
  first.first_difference = ProtocolDifference{"metric_list", "", ""};
  row.metrics.push_back(first);
  const RuleResult result = gate("- {task: arc, max_worse: 0.01}", {row}).rules[0];
  EXPECT_EQ(result.verdict, GateVerdict::kMissing);
  EXPECT_EQ(result.sentence, "acc is not comparable: metric_list differs");
  EXPECT_EQ(gate("- {task: arc, metric: acc_norm, max_worse: 0.01}", {row}).exit_code(), 0);
  ComparisonRow group = binary_task("group", kSame), bare = binary_task("bare", kSame);
  group.is_group = true;
  group.metrics[0].metric = "acc_norm";
  row.depth = bare.depth = 1;
  EXPECT_EQ(gate("- {task: group, max_worse: 0.01}", {group, row}).rules[0].sentence,
            "arc: acc is not comparable: metric_list differs");
  const std::string named = "- {task: group, metric: acc_norm, max_worse: 0.01}";
  EXPECT_EQ(gate(named, {group, row}).exit_code(), 0);
  EXPECT_EQ(gate(named, {group, row, bare}).rules[0].sentence, "bare: has no acc_norm to judge");
  bare.metrics[0] = row.metrics[0];
  bare.metrics[0].difference.reset();
  bare.metrics[0].reason = "1 of 3 items has no value";
  EXPECT_EQ(gate(named, {group, row, bare}).rules[0].sentence,
            "bare: has no acc_norm to judge, 1 of 3 items has no value");
}

TEST(Decision, FollowsFromTheBlockingRules) {
  const std::vector<ComparisonRow> rows = {
      binary_task("same", kSame), binary_task("dropped", kDropped), binary_task("noise", kNoise)};
  const std::string pass = "- {task: same, max_worse: 0.01}\n";
  const std::string fail = "- {task: dropped, max_worse: 0.01}\n";
  const std::string open = "- {task: noise, rule: not-worse, max_worse: 0.001}\n";
  const std::string gone = "- {task: nowhere, max_worse: 0.01}\n";
  const std::string advice = "- {task: dropped, max_worse: 0.01, level: advisory}\n";
  const auto code = [&](const std::string& rules, const std::string& how = "report") {
    return gate(rules, rows, "inconclusive: " + how + "\n").exit_code();
  };
  EXPECT_EQ(code(pass), 0);
  EXPECT_EQ(code(pass + advice), 0);
  EXPECT_EQ(code(advice), 0) << "nothing blocks";
  EXPECT_EQ(code(pass + open), 3);
  EXPECT_EQ(code(pass + open, "pass"), 0);
  EXPECT_EQ(code(pass + open, "fail"), 1);
  EXPECT_EQ(code(pass + gone), 3);
  EXPECT_EQ(code(pass + gone, "pass"), 3);
  EXPECT_EQ(code(gone + open + fail + pass), 1) << "a failure decides";
  EXPECT_EQ(gate(gone + open + fail + pass + advice, rows).headline,
            "FAIL: 1 failed, 1 missing, 1 inconclusive, 1 passed; 1 advisory not passed");
  EXPECT_EQ(judge(policy_of(pass), Comparison{}).exit_code(), 3) << "no runs at all";
}

TEST(Decision, ARunAgainstItselfPassesEveryNoDropRule) {
  const GateResult result =
      gate("- {task: \"*\", max_worse: 0}", {binary_task("t", kSame), binary_task("u", kSame)});
  EXPECT_EQ(result.exit_code(), 0);
  for (const RuleResult& rule : result.rules) EXPECT_EQ(rule.p_adjusted, 1);
  EXPECT_EQ(gate("- {task: t, max_worse: 0, see: 0.001}", {binary_task("t", kSame)}).exit_code(), 0)
      << "where no item differs, nothing was missed";
}

// Ten values of 0.1 add up to 0.9999999999999999.
TEST(Limit, IsNotMissedByTheLastBit) {
  const std::vector<double> tenths(10, 0.1);
  ComparisonRow row = real_task("t", "score", true, tenths, tenths);
  ASSERT_LT(*row.metrics[0].b, 0.1);
  EXPECT_EQ(gate("- {task: t, rule: limit, min: 0.1}", {row}).exit_code(), 0);
  row.metrics[0].b = 0.1 + 2e-17;
  EXPECT_EQ(gate("- {task: t, rule: limit, max: 0.1}", {row}).exit_code(), 0);
  row.metrics[0].b = 0.1 - 1e-9;
  EXPECT_EQ(gate("- {task: t, rule: limit, min: 0.1}", {row}).exit_code(), 1);
}

// 100 to 78 of 1,000: one-sided p 0.04992; 55 to 39: 0.05009. 141 of 14,042 are 0.010041.
TEST(Sentences, HaveTheDigitsThatTellTheVerdict) {
  const auto judged = [](const std::string& rule, const PairedCounts& counts) {
    return gate(rule, {binary_task("t", counts)}).rules[0];
  };
  const RuleResult fails = judged("- {task: t, max_worse: 0.001}", {411, 100, 78, 411});
  EXPECT_EQ(fails.verdict, GateVerdict::kFail);
  EXPECT_THAT(fails.sentence, HasSubstr("p = .0499"));
  const RuleResult passes = judged("- {task: t, max_worse: 0.001}", {453, 55, 39, 453});
  EXPECT_EQ(passes.verdict, GateVerdict::kPass);
  EXPECT_THAT(passes.sentence, HasSubstr("p = .050;"));
  const RuleResult drop = judged("- {task: t, max_worse: 0.01}", {6865, 141, 0, 7036});
  EXPECT_EQ(drop.verdict, GateVerdict::kFail);
  EXPECT_THAT(drop.sentence, HasSubstr("worse by 0.01004 (limit 0.01000)"));
  ComparisonRow row = binary_task("t", kNoise);
  row.metrics[0].b = 0.449936;
  EXPECT_THAT(gate("- {task: t, rule: limit, max: 0.4499}", {row}).rules[0].sentence,
              HasSubstr("0.44994, wanted at most 0.44990"));
}

}  // namespace
}  // namespace flm
