// 95% intervals cover what they promise, by simulation with a fixed seed. A share of `trials`
// intervals has a standard error of 0.005: the bar of 0.93 is four of them below 0.95.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "reports/statistics/aggregates/aggregate.h"
#include "reports/statistics/aggregates/estimate_interval.h"

namespace flm {
namespace {

constexpr int kTrials = 2000;
constexpr double kBar = 0.93;

struct TaskTruth {
  int items;
  double rate;
};

struct Tally {
  int covered = 0, below = 0, above = 0;  // the truth is in, under, over the interval
  void add(const NamedInterval& interval, double truth) {
    constexpr double rounding = 1e-12;
    below += truth < interval.low - rounding;
    above += truth > interval.high + rounding;
    covered += truth >= interval.low - rounding && truth <= interval.high + rounding;
  }
  double share() const { return covered / double(kTrials); }
};

std::vector<double> drawn(int items, double rate, std::mt19937& random) {
  const int right = std::binomial_distribution<int>(items, rate)(random);
  std::vector<double> values(static_cast<std::size_t>(items), 0.0);
  std::fill(values.begin(), values.begin() + right, 1.0);
  return values;
}

double total_of(const std::vector<TaskTruth>& tasks) {
  double total = 0;
  for (const TaskTruth& task : tasks) total += task.items;
  return total;
}

Tally simulate_group(const std::vector<TaskTruth>& tasks, bool by_size) {
  std::mt19937 random(20261128);
  Tally tally;
  std::vector<std::string> none(20'000);
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<EstimatePart> parts;
    double truth = 0;
    for (const TaskTruth& task : tasks) {
      none.resize(static_cast<std::size_t>(task.items));
      parts.push_back(mean_part(drawn(task.items, task.rate, random), none));
      parts.back().weight =
          by_size ? task.items / total_of(tasks) : 1.0 / static_cast<double>(tasks.size());
      truth += parts.back().weight * task.rate;
    }
    tally.add(*estimate_interval(parts), truth);
  }
  return tally;
}

std::vector<TaskTruth> alike(int tasks, int items, double rate) {
  return std::vector<TaskTruth>(static_cast<std::size_t>(tasks), {items, rate});
}

TEST(Coverage, OfGroupsOfFewUnequalTasks) {
  const std::vector<std::vector<TaskTruth>> groups = {
      {{100, 0.5}, {100, 0.5}, {100, 0.5}},
      {{10042, 0.4}, {100, 0.4}, {104, 0.4}},
      {{14042, 0.5}, {1319, 0.5}, {164, 0.5}},
      {{1000, 0.5}, {20, 0.5}},
      {{1000, 0.02}, {20, 0.9}},
      {{10042, 0.3}, {100, 0.7}, {104, 0.5}},
      {{3, 0.9}, {11, 0.1}},
      {{3, 0.5}, {11, 0.5}},
      {{1000, 0.5}, {3, 0.5}},
      {{40, 0.3}},
  };
  for (const auto& tasks : groups) {
    for (const bool by_size : {true, false}) {
      EXPECT_GE(simulate_group(tasks, by_size).share(), kBar)
          << tasks.size() << " tasks, the first of " << tasks[0].items << " items at "
          << tasks[0].rate << (by_size ? ", by size" : ", unweighted");
    }
  }
}

TEST(Coverage, OfFiftySevenSubjectsNearTheEndsAndApart) {
  std::vector<TaskTruth> apart;
  for (int i = 0; i < 57; ++i) apart.push_back({250, 0.25 + 0.7 * i / 56});
  for (const auto& tasks : {alike(57, 250, 0.02), alike(57, 20, 0.01), apart}) {
    const Tally tally = simulate_group(tasks, true);
    EXPECT_GE(tally.share(), kBar) << tasks[0].items << " at " << tasks[0].rate;
  }
  // The rates' own spread is no error: hardly wider than the truth needs (0.975 = half a bar more).
  EXPECT_LE(simulate_group(apart, true).share(), 0.98);
}

/// Tasks of right and wrong answers beside one of `shares` values of mean 0.5, all weighing alike.
Tally simulate_mixed(const std::vector<TaskTruth>& tasks, int shares) {
  std::mt19937 random(20261201);
  std::uniform_real_distribution<double> share(0.3, 0.7);
  Tally tally;
  const double weight = 1 / (static_cast<double>(tasks.size()) + 1);
  double truth = weight * 0.5;
  for (const TaskTruth& task : tasks) truth += weight * task.rate;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> values(static_cast<std::size_t>(shares));
    for (double& value : values) value = share(random);
    std::vector<EstimatePart> parts = {mean_part(values, std::vector<std::string>(values.size()))};
    for (const TaskTruth& task : tasks)
      parts.push_back(mean_part(drawn(task.items, task.rate, random),
                                std::vector<std::string>(static_cast<std::size_t>(task.items))));
    for (EstimatePart& part : parts) part.weight = weight;
    tally.add(*estimate_interval(parts), truth);
  }
  return tally;
}

// One effective sample size of all parts covers 38%, 60%, 77% and 95%: few answers are all right by
// chance, and then the other values alone seem to vary.
TEST(Coverage, OfGroupsOfAnswersBesideOtherValues) {
  const std::vector<std::vector<TaskTruth>> groups = {
      {{5, 0.97}}, {{20, 0.97}}, alike(5, 10, 0.97), {{200, 0.97}}};
  for (const auto& tasks : groups)
    EXPECT_GE(simulate_mixed(tasks, 100).share(), kBar)
        << tasks.size() << " tasks, the first of " << tasks[0].items << " items";
  EXPECT_LE(simulate_mixed({{200, 0.9}}, 100).share(), 0.97) << "no wider than it must be";
}

/// Items in clusters whose own rates are beta distributed with the intra-cluster correlation rho.
Tally simulate_clusters(const std::vector<int>& sizes, double rate, double rho, bool plain) {
  std::mt19937 random(20261128);
  Tally tally;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<double> values;
    std::vector<std::string> clusters;
    for (std::size_t c = 0; c < sizes.size(); ++c) {
      const double spread = 1 / rho - 1;
      const double a = std::gamma_distribution<double>(rate * spread)(random);
      const double b = std::gamma_distribution<double>((1 - rate) * spread)(random);
      for (const double v : drawn(sizes[c], a / (a + b), random)) {
        values.push_back(v);
        clusters.push_back(plain ? "" : "c" + std::to_string(c));
      }
    }
    tally.add(*estimate_interval({mean_part(values, clusters)}), rate);
  }
  return tally;
}

TEST(Coverage, OfItemsInClusters) {
  struct Case {
    int clusters, items;
  };
  for (const Case one : {Case{3, 4}, {5, 5}, {10, 5}, {10, 20}, {30, 4}}) {
    const std::vector<int> sizes(static_cast<std::size_t>(one.clusters), one.items);
    for (const double rate : {0.5, 0.83, 0.97}) {
      for (const double rho : {0.01, 0.3}) {
        EXPECT_GE(simulate_clusters(sizes, rate, rho, false).share(), kBar)
            << one.clusters << " clusters of " << one.items << " at " << rate << ", rho " << rho;
      }
    }
  }
  EXPECT_GE(simulate_clusters({1, 2, 4, 8, 16, 32}, 0.5, 0.3, false).share(), kBar) << "unequal";
}

TEST(Coverage, ASimulationThatIgnoresTheClustersFails) {
  EXPECT_LT(simulate_clusters(std::vector<int>(10, 20), 0.5, 0.3, true).share(), 0.7);
}

/// Documents of lognormal size and loss rate.
Tally simulate_bpb(int documents) {
  std::mt19937 random(20261128);
  std::lognormal_distribution<double> bytes(7, 1), rate(std::log(0.6), 0.25);
  const double truth = 0.6 * std::exp(0.25 * 0.25 / 2) / std::log(2.0);  // rate is independent
  Tally tally;
  for (int trial = 0; trial < kTrials; ++trial) {
    ItemValues items;
    for (int d = 0; d < documents; ++d) {
      const double size = std::round(bytes(random)) + 1;
      items.push_back({size * rate(random), size, size / 4});
    }
    const std::vector<std::string> none(items.size());
    const auto interval = aggregate_interval("bpb", items, none, std::nullopt);
    EXPECT_GT(interval->low, 0);
    tally.add(*interval, truth);
  }
  return tally;
}

// Two documents leave one degree of freedom, whatever their sizes: of unequal ones that is too
// much.
TEST(Coverage, OfBitsPerByte) {
  EXPECT_GE(simulate_bpb(2).share(), 0.88);
  for (const int documents : {5, 10, 50, 200})
    EXPECT_GE(simulate_bpb(documents).share(), 0.92) << documents << " documents";
}

}  // namespace
}  // namespace flm
