// How often tests say "different" where nothing differs, by simulation with a fixed seed: within
// the binomial bounds of the true rates, which are enumerated here, or recorded from others'
// programs.
#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <utility>

#include "reports/statistics/differences/multiplicity.h"
#include "reports/statistics/differences/paired_binary.h"
#include "reports/statistics/differences/paired_real.h"
#include "reports/statistics/differences/sign_flip.h"
#include "reports/statistics/differences/suite_difference.h"
#include "tests/reports/statistics/exact_mcnemar.h"
#include "tests/reports/statistics/golden_file.h"

namespace flm {
namespace {

constexpr double kAlpha = 0.05;
constexpr double kTwoSided = 3.89;  // standard errors: one in 10,000 lies beyond

/// The highest share of rejections that a rate of at most `rate` gives by chance.
double upper_bound(double rate, int families) {
  return rate + kTwoSided * std::sqrt(rate * (1 - rate) / families);
}

/// True rate at which `p` rejects pairs that differ with probability psi, either way alike.
template <class Test>
double enumerated_rate(int n, double psi, Test p) {
  double total = 0;
  for (int k = 0; k <= n; ++k) {
    const auto log_choose = [](double m, double j) {
      return std::lgamma(m + 1) - std::lgamma(j + 1) - std::lgamma(m - j + 1);
    };
    const double weight =
        std::exp(log_choose(n, k) + k * std::log(psi) + (n - k) * std::log1p(-psi));
    if (weight < 1e-16) continue;
    for (int b = 0; b <= k; ++b)
      if (p({0, k - b, b, n - k}) < kAlpha)
        total += weight * std::exp(log_choose(k, b) - k * std::log(2.0));
  }
  return total;
}

class FalseAlarms : public StatisticsGoldens {};
INSTANTIATE_TEST_SUITE_P(Folder, FalseAlarms, testing::Values("sample", "shared"));

TEST_P(FalseAlarms, OfMcNemarAreTheEnumeratedOnesAndWithinTheBands) {
  const GoldenFile golden = file("simulations");
  std::mt19937 random(20261128);
  for (const Json& one : golden["binary"]) {
    const int n = one.at("n"), replications = one.at("replications");
    const double psi = one.at("discordant_share");
    if (n <= 300) {
      EXPECT_NEAR(enumerated_rate(n, psi, mcnemar_mid_p), one.at("mid_p").get<double>(), 1e-9);
      EXPECT_NEAR(enumerated_rate(n, psi, mcnemar_exact_p), one.at("exact").get<double>(), 1e-9);
    }
    std::binomial_distribution<int> discordant(n, psi);
    std::map<std::pair<int, int>, std::pair<bool, bool>> known;
    int mid = 0, exact = 0;
    for (int r = 0; r < replications; ++r) {
      const int k = discordant(random), b = std::binomial_distribution<int>(k, 0.5)(random);
      const auto [found, added] = known.try_emplace({k, b});
      const PairedCounts counts{0, k - b, b, n - k};
      if (added) found->second = {mcnemar_mid_p(counts) < kAlpha, mcnemar_exact_p(counts) < kAlpha};
      mid += found->second.first;
      exact += found->second.second;
    }
    const auto within = [&](int rejected, const Json& band) {
      const double share = double(rejected) / replications;
      EXPECT_GE(share, band[0].get<double>()) << one;
      EXPECT_LE(share, band[1].get<double>()) << one;
    };
    within(mid, one.at("mid_p_band"));
    within(exact, one.at("exact_band"));
  }
}

TEST_P(FalseAlarms, OfClusteredMeansAreWithinTheBands) {
  const GoldenFile golden = file("simulations");
  std::mt19937 random(20261128);
  std::normal_distribution<double> normal;
  for (const Json& one : golden["clusters"]) {
    const int groups = one.at("clusters"), each = one.at("items_each");
    const int replications = one.at("replications").get<int>() / 20;
    const double icc = one.at("icc");
    int rejected = 0, ignoring = 0;
    for (int r = 0; r < replications; ++r) {
      std::vector<double> values;
      std::vector<std::string> clusters;
      for (int g = 0; g < groups; ++g) {
        const double shared = std::sqrt(icc) * normal(random);
        for (int i = 0; i < each; ++i) {
          values.push_back(shared + std::sqrt(1 - icc) * normal(random));
          clusters.push_back(std::to_string(g));
        }
      }
      rejected += paired_mean(values, clusters).p < kAlpha;
      ignoring += paired_mean(values).p < kAlpha;
    }
    // A twentieth of the replications: the binomial part of the band widens with their root.
    const double rate = one.at("type_1_clustered");
    const double half =
        kTwoSided * std::sqrt(rate * (1 - rate) *
                              (1.0 / replications + 1.0 / one.at("simulated_with").get<double>()));
    EXPECT_NEAR(double(rejected) / replications, rate, half + 1.0 / replications) << one;
    if (icc >= 0.1) {
      EXPECT_GT(ignoring, 2 * rejected) << "ignoring clusters must show";
    }
  }
}

TEST(FalseAlarmRates, OfSignFlips) {
  constexpr int sets = 5000;
  std::mt19937 random(20261128);
  std::normal_distribution<double> normal;
  int rejected = 0;
  for (int s = 0; s < sets; ++s) {
    std::vector<double> d(12);
    for (double& v : d) v = normal(random);
    rejected += sign_flip_p(d) < kAlpha;
  }
  EXPECT_LE(double(rejected) / sets, upper_bound(kAlpha, sets));
  EXPECT_GE(double(rejected) / sets, 0.04) << "so fine a test is not that conservative";
}

TEST(FalseAlarmRates, OfFamiliesAfterHolm) {
  constexpr int families = 5000;
  std::mt19937 random(20261128);
  int any = 0, any_raw = 0;
  for (int f = 0; f < families; ++f) {
    PValues p(20);
    for (auto& v : p) v = std::ldexp(double(random()), -32);
    const auto rejects = [](const auto& v) { return *v < kAlpha; };
    const PValues adjusted = holm(p);
    any += std::any_of(adjusted.begin(), adjusted.end(), rejects);
    any_raw += std::any_of(p.begin(), p.end(), rejects);
  }
  EXPECT_LE(double(any) / families, upper_bound(kAlpha, families));
  EXPECT_GE(double(any) / families, 0.04);
  EXPECT_GT(double(any_raw) / families, 0.6) << "without it two in three families alarm";
}

/// p of the mean over tasks of so many items each, of which a share differs, either way alike.
double p_of_macro_mean(const std::vector<int>& sizes, double share, std::mt19937& random) {
  std::vector<MeanError> parts;
  for (const int n : sizes) {
    const int flips = std::binomial_distribution<int>(n, share)(random);
    const int lost = std::binomial_distribution<int>(flips, 0.5)(random);
    const PairedCounts counts{n - flips, lost, flips - lost, 0};
    parts.push_back(task_part(counts.difference(), n, paired_binary_stderr(counts), std::nullopt));
  }
  const MeanError mean = mean_over_tasks(parts);
  if (!(mean.stderr_value > 0)) return 1;
  return with_student_t(mean.mean, mean.stderr_value, mean.df, 0).p;
}

// With errors that divide by n, 10 % of 57 tasks of three items alarm, and 14 % of two and thirty.
TEST(FalseAlarmRates, OfMeansOverSmallTasks) {
  constexpr int sets = 4000;
  std::mt19937 random(20261130);
  std::vector<std::vector<int>> groups = {{2, 30}, {2, 50, 50, 50, 50, 50}};
  for (const int n : {2, 3, 5, 10, 20})
    for (const std::size_t tasks : {2, 20, 57}) groups.emplace_back(tasks, n);
  for (const std::vector<int>& sizes : groups)
    for (const double share : {0.1, 0.5}) {
      int rejected = 0;
      for (int s = 0; s < sets; ++s) rejected += p_of_macro_mean(sizes, share, random) < kAlpha;
      EXPECT_LE(double(rejected) / sets, upper_bound(kAlpha, sets))
          << sizes.size() << " tasks, the last of " << sizes.back();
    }
}

}  // namespace
}  // namespace flm
