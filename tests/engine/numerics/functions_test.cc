// Our own functions against libm in double.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

#include "engine/numerics/exponential.h"
#include "engine/numerics/logarithm.h"
#include "engine/numerics/sine_cosine.h"

namespace flm {
namespace {

std::uint64_t ulp_distance(double a, double b) {
  const auto order = [](double x) {
    const auto bits = std::bit_cast<std::int64_t>(x);
    return bits < 0 ? std::numeric_limits<std::int64_t>::min() - bits : bits;
  };
  return static_cast<std::uint64_t>(std::abs(order(a) - order(b)));
}

TEST(Exponential, AgreesWithLibm) {
  EXPECT_EQ(exponential(0), 1.0);
  for (double x = 0; x > -708; x -= 0.0137) {
    ASSERT_NEAR(exponential(x) / std::exp(x), 1, 3e-16) << x;
  }
  EXPECT_EQ(exponential(-709), 0);
  EXPECT_EQ(exponential(-INFINITY), 0);
}

TEST(Functions, LogIsWithinTwoUlp) {
  std::mt19937_64 generator(1);
  for (int i = 0; i < 200000; ++i) {
    const double x = std::ldexp(1.0 + static_cast<double>(generator() >> 12) * 0x1p-52,
                                static_cast<int>(generator() % 200) - 100);
    ASSERT_LE(ulp_distance(log_double(x), std::log(x)), 2u) << x;
  }
  for (int i = -2000; i < 2000; ++i) {
    const double x = 1.0 + i * 1e-5;
    ASSERT_LE(ulp_distance(log_double(x), std::log(x)), 2u) << x;
  }
  EXPECT_EQ(log_double(1.0), 0.0);
  EXPECT_EQ(log_double(0.0), -std::numeric_limits<double>::infinity());
}

TEST(Functions, SineAndCosineAreWithinTwoUlpOfTheirSize) {
  std::mt19937_64 generator(2);
  for (int i = 0; i < 200000; ++i) {
    const double x = static_cast<double>(generator() >> 12) * 0x1p-52 *
                     std::ldexp(1.0, static_cast<int>(generator() % 24) - 4);
    const SinCos result = sin_cos_double(x);
    ASSERT_NEAR(result.sine, std::sin(x), 0x1p-52 * std::abs(std::sin(x)) + 0x1p-54) << x;
    ASSERT_NEAR(result.cosine, std::cos(x), 0x1p-52 * std::abs(std::cos(x)) + 0x1p-54) << x;
  }
  EXPECT_EQ(sin_cos_double(0).sine, 0.0);
  EXPECT_EQ(sin_cos_double(0).cosine, 1.0);
}

}  // namespace
}  // namespace flm
