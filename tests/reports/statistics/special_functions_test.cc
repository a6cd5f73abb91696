// The gamma and the error function against mpmath 1.3 at 40 digits, and their bits, which are to be
// the same on every processor.
#include "reports/statistics/special_functions.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/sha256.h"
#include "reports/statistics/distributions.h"

namespace flm {
namespace {

struct Known {
  double x, value;
};

TEST(SpecialFunctions, LogGammaIsMpmaths) {
  const Known known[] = {
      {0.001, 6.9071788853838537},     {0.25, 1.2880225246980775},  {0.5, 0.57236494292470009},
      {1.5, -0.12078223763524522},     {2.5, 0.28468287047291916},  {3.75, 1.4868155785934171},
      {9.99, 12.779315214350193},      {10.0, 12.80182748008147},   {10.01, 12.824350262448247},
      {33.5, 83.302425502950053},      {171.5, 709.14316303092824}, {1234.5, 7550.5509010778949},
      {123456.75, 1323901.5615730142},
  };
  for (const auto& [x, value] : known)
    EXPECT_NEAR(log_gamma(x), value, 2e-14 * std::max(1.0, std::fabs(value))) << x;
}

/// Gamma(n) = (n - 1)!
TEST(SpecialFunctions, LogGammaOfWholeNumbersIsAFactorials) {
  double factorial = 1;
  for (int n = 1; n < 20; factorial *= n++)
    EXPECT_NEAR(log_gamma(n), std::log(factorial), 2e-14 * std::max(1.0, std::log(factorial))) << n;
}

TEST(SpecialFunctions, ComplementaryErrorFunctionIsMpmathsDownToTheSmallest) {
  const Known known[] = {
      {-3.0, 1.9999779095030014},      {-0.5, 1.5204998778130465},
      {1e-09, 0.99999999887162083},    {0.1, 0.8875370839817151},
      {0.5, 0.47950012218695346},      {0.99, 0.1614919304446302},
      {1.0, 0.15729920705028513},      {1.01, 0.1531895037717233},
      {1.5, 0.033894853524689273},     {2.0, 0.0046777349810472658},
      {3.5, 7.4309837234141275e-7},    {5.0, 1.5374597944280349e-12},
      {10.0, 2.0884875837625448e-45},  {20.0, 5.3958656116079009e-176},
      {26.0, 5.6631924088561428e-296},
  };
  for (const auto& [x, value] : known)
    EXPECT_NEAR(complementary_error_function(x), value, 4e-15 * value) << x;
  EXPECT_EQ(complementary_error_function(0), 1);
  EXPECT_EQ(complementary_error_function(40), 0);
  EXPECT_EQ(complementary_error_function(-40), 2);
  const double infinity = std::numeric_limits<double>::infinity();  // the z of an error of 0
  EXPECT_EQ(complementary_error_function(infinity), 0);
  EXPECT_EQ(normal_tail(-infinity), 1);
}

/// Written down on x86-64 and aarch64, 2026-11-29.
TEST(SpecialFunctions, BitsAreThoseOfEveryProcessor) {
  std::vector<double> values;
  for (int i = 1; i < 200; ++i) {
    values.push_back(log_gamma(0.37 * i));
    values.push_back(complementary_error_function(0.11 * i - 3));
    values.push_back(student_t95(i));
    values.push_back(regularized_beta(i, 2 * i + 1, 0.3));
  }
  Sha256 hash;
  hash.update(values.data(), values.size() * sizeof values[0]);
  EXPECT_EQ(hash.hex().substr(0, 16), "2f85ddcd343b4896");
}

}  // namespace
}  // namespace flm
