// Distributions, intervals and tests of right and wrong answers against independent values.
#include <algorithm>
#include <cmath>

#include "reports/statistics/differences/cochran_q.h"
#include "reports/statistics/differences/non_inferiority.h"
#include "reports/statistics/differences/paired_binary.h"
#include "reports/statistics/distributions.h"
#include "tests/reports/statistics/exact_mcnemar.h"
#include "tests/reports/statistics/golden_file.h"

namespace flm {
namespace {

PairedCounts counts_of(const Json& one) {
  return {one.value("both", 0), one.at("only_a"), one.at("only_b"), one.value("neither", 0)};
}

class PairedGoldens : public StatisticsGoldens {};
INSTANTIATE_TEST_SUITE_P(Folder, PairedGoldens, testing::Values("sample", "shared"));

TEST_P(PairedGoldens, Quantiles) {
  const GoldenFile golden = file("quantiles");
  for (const Json& one : golden["normal"])
    golden.expect(one, "z", normal_two_sided(one.at("level")));
  for (const Json& one : golden["student_t"]) {
    const double level = one.at("level"), df = one.at("df");
    golden.expect(one, "t", student_t_quantile((1 + level) / 2, df));
    if (level == 0.95) golden.expect(one, "t", student_t95(df));
    // A p of the quantile is the level again.
    EXPECT_NEAR(student_t_two_sided_p(one.at("t"), df), 1 - level, 1e-10);
  }
}

TEST_P(PairedGoldens, IntervalsOfOneProportion) {
  const GoldenFile golden = file("one_proportion");
  for (const Json& one : golden["cases"]) {
    const double k = one.at("k"), n = one.at("n"), level = one.at("level");
    const Interval by_score = wilson(k, n, normal_two_sided(level));
    const Interval exact = clopper_pearson(k, n, (1 - level) / 2);
    golden.expect(one, "wilson", by_score);
    golden.expect(one, "clopper_pearson", exact);
    const double centre = 0.5 * (by_score.low + by_score.high), rounding = 1e-12;
    for (const double inside : {k / n, std::clamp(centre, 0.0, 1.0)}) {
      EXPECT_LE(exact.low, inside + rounding) << one;
      EXPECT_GE(exact.high, inside - rounding) << one;
    }
  }
}

TEST_P(PairedGoldens, PairedBinary) {
  const GoldenFile golden = file("paired_binary");
  for (const Json& one : golden["cases"]) {
    const PairedCounts counts = counts_of(one);
    const double level = one.at("level");
    golden.expect(one, "difference", counts.difference());
    golden.expect(one, "se", paired_binary_stderr(counts));
    golden.expect(one, "newcombe", newcombe_paired(counts, level));
    golden.expect(one, "newcombe_90", newcombe_paired(counts, 0.90));
    golden.expect(one, "p_exact", mcnemar_exact_p(counts));
    golden.expect(one, "p_mid", mcnemar_mid_p(counts));
  }
}

TEST_P(PairedGoldens, McNemarOfSmallAndLargeCounts) {
  const GoldenFile golden = file("paired_binary");
  const Json& grid = golden["grid"].at("p");
  for (std::size_t a = 0; a < grid.size(); ++a) {
    for (std::size_t b = 0; b < grid[a].size(); ++b) {
      const PairedCounts counts{0, std::int64_t(a), std::int64_t(b), 1};
      EXPECT_NEAR(mcnemar_exact_p(counts), grid[a][b][0].get<double>(), 1e-13) << a << " " << b;
      EXPECT_NEAR(mcnemar_mid_p(counts), grid[a][b][1].get<double>(), 1e-13) << a << " " << b;
    }
  }
  for (const Json& one : golden["large"]) {
    const double exact = one.at("p_exact"), mid = one.at("p_mid");  // as small as 1e-18
    EXPECT_NEAR(mcnemar_exact_p(counts_of(one)), exact, 1e-11 * exact) << one;
    EXPECT_NEAR(mcnemar_mid_p(counts_of(one)), mid, 1e-11 * mid) << one;
  }
}

TEST_P(PairedGoldens, NonInferiority) {
  const GoldenFile golden = file("non_inferiority");
  for (const Json& one : golden["real"]) {
    const PairedMean mean = paired_mean(numbers_of(one.at("d")));
    const double margin = one.at("margin"), alpha = one.at("alpha");
    golden.expect(one, "low_90", lower_limit(mean, alpha));
    EXPECT_EQ(lower_limit(mean, alpha) > -margin, one.at("not_worse").get<bool>());
  }
  for (const Json& one : golden["binary"]) {
    const double low = lower_limit(counts_of(one), one.at("alpha"));
    EXPECT_NEAR(low, one.at("newcombe_90")[0].get<double>(), 1e-10);
    EXPECT_EQ(low > -one.at("margin").get<double>(), one.at("not_worse_newcombe").get<bool>());
  }
}

TEST_P(PairedGoldens, CochranQ) {
  const GoldenFile golden = file("cochran_q");
  for (const Json& one : golden["cases"]) {
    std::vector<std::vector<double>> runs(one.at("right")[0].size());
    for (const Json& item : one.at("right"))
      for (std::size_t r = 0; r < runs.size(); ++r) runs[r].push_back(item[r]);
    const CochranQ got = cochran_q(runs);
    golden.expect(one, "q", got.q);
    golden.expect(one, "p", got.p);
    EXPECT_EQ(got.df, one.at("df").get<std::int64_t>());
  }
}

}  // namespace
}  // namespace flm
