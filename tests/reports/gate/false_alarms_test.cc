// How often the gate says FAIL of a model that did not change, and of one that dropped, by
// simulation with a fixed seed: five tasks of published sizes with the limits of docs/gate.md.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <random>

#include "reports/gate/judge.h"
#include "tests/reports/gate/made_comparison.h"

namespace flm {
namespace {

constexpr int kPairs = 20'000, kFewPairs = 2000;

struct Task {
  const char* name;
  std::int64_t items;
};
constexpr Task kTasks[] = {{"mmlu", 14042},
                           {"hellaswag", 10042},
                           {"arc_challenge", 1172},
                           {"gsm8k", 1319},
                           {"humaneval", 164}};

/// Items differ with probability `discordant`; B is worse by `drop` in truth.
PairedCounts drawn(std::int64_t n, double discordant, double drop, std::mt19937& random) {
  const auto binomial = [&](std::int64_t of, double p) {
    return std::binomial_distribution<std::int64_t>(of, p)(random);
  };
  const std::int64_t flips = binomial(n, discordant);
  const std::int64_t lost = binomial(flips, (discordant + drop) / (2 * discordant));
  const std::int64_t both = (n - flips) / 2;
  return {both, lost, flips - lost, n - flips - both};
}

/// Share of pairs of runs that fail.
double share_of_fails(const Policy& policy, double discordant, double drop, int pairs) {
  std::mt19937 random(20261128);
  int fails = 0;
  for (int pair = 0; pair < pairs; ++pair) {
    std::vector<ComparisonRow> rows;
    for (const Task& task : kTasks) {
      const PairedCounts counts = drawn(task.items, discordant, drop, random);
      rows.push_back(binary_task(task.name, counts, false));
    }
    fails += judge(policy, comparison_of(std::move(rows))).exit_code() == 1;
  }
  return double(fails) / pairs;
}

const Policy& no_drop() {
  static const Policy policy = parse_policy(R"(version: 1
defaults: {max_worse: 0.01}
rules: [{task: mmlu}, {task: hellaswag}, {task: arc_challenge}, {task: gsm8k}, {task: humaneval, max_worse: 0.015}]
)",
                                            "gate.yaml");
  return policy;
}

// The rates of docs/gate.md.
TEST(GateFalseAlarms, AreAtMostThreePercent) {
  for (const double discordant : {0.03, 0.05, 0.10}) {
    const double share = share_of_fails(no_drop(), discordant, 0, kPairs);
    std::printf("%.0f %% of the answers differ, nothing changed: %.1f %% fail\n", 100 * discordant,
                100 * share);
    EXPECT_LE(share, 0.03) << discordant;
  }
}

// What a gate on the difference alone would do.
TEST(GateFalseAlarms, AThresholdAloneWouldAlarm) {
  for (const double discordant : {0.03, 0.05, 0.10}) {
    std::mt19937 random(20261128);
    int fails = 0;
    for (int pair = 0; pair < kPairs; ++pair) {
      bool beyond = false;
      for (const Task& task : kTasks) {
        const double limit = task.items == 164 ? 0.015 : 0.01;
        beyond |= -drawn(task.items, discordant, 0, random).difference() > limit;
      }
      fails += beyond;
    }
    std::printf("%.0f %% of the answers differ, nothing changed: a threshold fails %.0f %%\n",
                100 * discordant, 100.0 * fails / kPairs);
    EXPECT_GT(double(fails) / kPairs, 0.1) << discordant;
  }
}

TEST(GateFalseAlarms, ADropOfTwoPointsOnAllIsCaught) {
  for (const double discordant : {0.03, 0.05, 0.10})
    EXPECT_EQ(share_of_fails(no_drop(), discordant, 0.02, kFewPairs), 1) << discordant;
}

}  // namespace
}  // namespace flm
