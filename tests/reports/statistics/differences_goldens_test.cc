// Differences of real values, sign flips, families, power and suites against independent values.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "reports/statistics/aggregates/estimate_interval.h"
#include "reports/statistics/differences/multiplicity.h"
#include "reports/statistics/differences/paired_binary.h"
#include "reports/statistics/differences/paired_ratio.h"
#include "reports/statistics/differences/paired_real.h"
#include "reports/statistics/differences/power.h"
#include "reports/statistics/differences/sign_flip.h"
#include "reports/statistics/differences/suite_difference.h"
#include "tests/reports/statistics/golden_file.h"

namespace flm {
namespace {

class DifferencesGoldens : public StatisticsGoldens {};
INSTANTIATE_TEST_SUITE_P(Folder, DifferencesGoldens, testing::Values("sample", "shared"));

void expect_clustered(const GoldenFile& golden, const Json& wanted, const PairedMean& got) {
  if (wanted.is_null()) {
    EXPECT_EQ(got.clusters, 0);
    return;
  }
  // With every item its own cluster the plain error is the same one.
  if (got.clusters) {
    EXPECT_EQ(got.clusters, wanted.at("clusters").get<std::int64_t>());
  }
  golden.expect(wanted, "se", got.stderr_value);
  golden.expect(wanted, "df", got.df);
  golden.expect(wanted, "low", got.low);
  golden.expect(wanted, "high", got.high);
  if (!wanted.at("p").is_null()) golden.expect(wanted, "p", got.p);
}

TEST_P(DifferencesGoldens, ClusteredMean) {
  const GoldenFile golden = file("clustered_mean");
  for (const Json& one : golden["cases"]) {
    const std::vector<double> values = numbers_of(one.at("values"));
    const PairedMean plain = paired_mean(values);
    golden.expect(one, "mean", plain.difference);
    golden.expect(one, "se_items", plain.stderr_value);
    expect_clustered(golden, one.at("clustered"),
                     paired_mean(values, names_of(one.at("clusters"))));
  }
}

TEST_P(DifferencesGoldens, PairedReal) {
  const GoldenFile golden = file("paired_real");
  for (const Json& one : golden["cases"]) {
    std::vector<double> d = numbers_of(one.at("b"));
    for (std::size_t i = 0; i < d.size(); ++i) d[i] -= one.at("a")[i].get<double>();
    const PairedMean got = paired_mean(d);
    golden.expect(one, "difference", got.difference);
    golden.expect(one, "se", got.stderr_value);
    golden.expect(one, "df", got.df);
    golden.expect(one, "low", got.low);
    golden.expect(one, "high", got.high);
    golden.expect(one, "p_t", got.p);
    if (!one.at("clusters").is_null())
      expect_clustered(golden, one.at("clustered"), paired_mean(d, names_of(one.at("clusters"))));
  }
}

TEST_P(DifferencesGoldens, BitsPerByte) {
  const GoldenFile golden = file("bits_per_byte");
  for (const Json& one : golden["cases"]) {
    const std::vector<double> a = numbers_of(one.at("nll_a")), b = numbers_of(one.at("nll_b"));
    const std::vector<double> bytes = numbers_of(one.at("bytes"));
    const std::vector<std::string> clusters = names_of(one.at("clusters"));
    const auto difference = [&](const std::vector<std::string>& by) {
      const MeanError of =
          ratio_change({a, bytes}, {b, bytes}, by, std::numbers::log2e, std::numbers::log2e);
      return with_student_t(of.mean, of.stderr_value, of.df, of.clusters, 0.95);
    };
    const Json& wanted = one.at("difference");
    const PairedMean got = difference(clusters);
    golden.expect(wanted, "value", got.difference);
    golden.expect(wanted, "se", difference({}).stderr_value);
    if (!clusters.empty()) golden.expect(wanted, "se_clustered", got.stderr_value);
    golden.expect(wanted, "df", got.df);
    golden.expect(wanted, "interval_t", Interval{got.low, got.high});
  }
}

TEST_P(DifferencesGoldens, SignFlips) {
  const GoldenFile golden = file("sign_flip");
  const double exact = golden["tolerance"].at("exact");
  for (const Json& one : golden["cases"]) {
    const std::vector<std::string> clusters = names_of(one.at("clusters"));
    EXPECT_NEAR(sign_flip_p(numbers_of(one.at("d")), clusters), one.at("p").get<double>(), exact);
  }
  for (const Json& one : golden["long"])
    EXPECT_NEAR(sign_flip_p(numbers_of(one.at("d"))), one.at("p").get<double>(), exact);
}

// The other two ways to the same p: a factor that no power of two divides keeps sums from being
// counted, and as many items again, too small to matter, from being enumerated.
TEST_P(DifferencesGoldens, SignFlipsEnumeratedAndAtRandom) {
  const GoldenFile golden = file("sign_flip");
  for (const Json& one : golden["cases"]) {
    std::vector<double> d = numbers_of(one.at("d"));
    const double p = one.at("p");
    if (!one.at("clusters").is_null()) continue;
    for (double& v : d) v *= 1.1;
    EXPECT_NEAR(sign_flip_p(d), p, 1e-12) << "enumerated";
    const double largest = *std::max_element(d.begin(), d.end());
    d.insert(d.end(), 30, largest * 1e-18);
    const double spread = 5 * std::sqrt(p * (1 - p) / 100'000) + 2e-5;
    EXPECT_NEAR(sign_flip_p(d), p, spread) << "at random";
  }
}

TEST_P(DifferencesGoldens, Families) {
  const GoldenFile golden = file("multiplicity");
  for (const Json& one : golden["cases"]) {
    PValues p;
    for (const Json& v : one.at("p"))
      p.push_back(v.is_null() ? std::nullopt : std::optional(v.get<double>()));
    const auto check = [&](const std::string& name, const PValues& got) {
      if (!one.contains(name)) return;
      for (std::size_t i = 0; i < p.size(); ++i) {
        Json wanted;
        wanted[name] = one.at(name).at(i);
        golden.expect(wanted, name, got.at(i));
      }
    };
    check("holm", holm(p));
    check("benjamini_hochberg", benjamini_hochberg(p));
  }
}

/// P(mid-p McNemar < alpha) by adding up the trinomial distribution.
double power_of_mid_p(std::int64_t n, double only_a, double only_b, double alpha) {
  const double psi = only_a + only_b;
  const auto binomial = [](std::int64_t count, std::int64_t of, double p) {
    const double k = double(count), m = double(of);
    return std::exp(std::lgamma(m + 1) - std::lgamma(k + 1) - std::lgamma(m - k + 1) +
                    k * std::log(p) + (m - k) * std::log1p(-p));
  };
  double total = 0;
  for (std::int64_t k = 1; k <= n; ++k) {
    const double weight = binomial(k, n, psi);
    if (weight < 1e-15) continue;
    for (std::int64_t b = 0; b <= k; ++b)
      if (mcnemar_mid_p({0, k - b, b, 0}) < alpha) total += weight * binomial(b, k, only_b / psi);
  }
  return total;
}

TEST_P(DifferencesGoldens, Power) {
  const GoldenFile golden = file("power");
  for (const Json& one : golden["binary"]) {
    const std::int64_t n = one.at("n");
    const double psi = one.at("discordant_share");
    const auto got = detectable_binary(n, psi, {one.at("alpha"), one.at("power")});
    ASSERT_EQ(got.has_value(), one.at("possible").get<bool>()) << one;
    if (!got) continue;
    golden.expect(one, "mde", got);
    if (!one.contains("exact_power_at_mde") || n > 500) continue;
    golden.expect(one, "exact_power_at_mde",
                  power_of_mid_p(n, (psi - *got) / 2, (psi + *got) / 2, one.at("alpha")));
  }
  for (const Json& one : golden["real"]) {
    const double sd = one.at("sd_of_difference"), n = one.at("n");
    golden.expect(one, "mde_normal", detectable_real(sd / std::sqrt(n), kUnbounded));
    golden.expect(one, "mde_t", detectable_real(sd / std::sqrt(n), n - 1));
  }
}

TEST_P(DifferencesGoldens, Suites) {
  const GoldenFile golden = file("suites");
  for (const Json& one : golden["cases"]) {
    std::vector<TaskDifferences> tasks;
    for (const Json& task : one.at("tasks")) tasks.push_back({numbers_of(task)});
    const SuiteMean macro = macro_difference(tasks);
    golden.expect(one, "macro", macro.difference);
    golden.expect(one, "macro_se", macro.stderr_value);
    golden.expect(one, "p_pooled", macro.p);
  }
}

// From the errors of right and wrong answers as a comparison has them, which divide by n. Not where
// a task's items all moved alike: the formula has no error for them, and task_part sets one.
TEST_P(DifferencesGoldens, SuitesOfComparedAnswers) {
  const GoldenFile golden = file("suites");
  int held = 0;
  for (const Json& one : golden["cases"]) {
    std::vector<MeanError> parts;
    bool as_one = false;
    for (const Json& task : one.at("tasks")) {
      PairedCounts counts;
      for (const double change : numbers_of(task))
        ++(change < 0 ? counts.only_a : change > 0 ? counts.only_b : counts.both);
      parts.push_back(
          task_part(counts.difference(), counts.n(), paired_binary_stderr(counts), std::nullopt));
      as_one = as_one || std::fabs(counts.difference()) == 1;
    }
    golden.expect(one, "macro", mean_over_tasks(parts).mean);
    if (!as_one) golden.expect(one, "macro_se", mean_over_tasks(parts).stderr_value);
    held += !as_one;
  }
  EXPECT_GT(held, 0);
}

}  // namespace
}  // namespace flm
