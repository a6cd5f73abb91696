// The kernels: equal bits on every instruction set, and their exp against libm in double.
#include "engine/cpu/kernels.h"

#include <cmath>

#include "base/errors.h"
#include "engine/backend/backend.h"
#include "engine/cpu/cpu_backend.h"
#include "engine/cpu/fma_loops.h"
#include "engine/cpu/packed_matrix.h"
#include "tests/engine/cpu/each_isa.h"
#include "tests/engine/fixture.h"

namespace flm::test {
namespace {

TEST(InstructionSets, EndWithPortableAndEachHasItsKernels) {
  const std::vector<std::string> isas = available_isas();
  EXPECT_EQ(isas.back(), "portable");
  for (const std::string& isa : isas) EXPECT_EQ(choose_kernels(isa).isa, isa);
  EXPECT_EQ(choose_kernels("").isa, isas.front());
}

TEST(InstructionSets, OneThatIsNotHereIsRefusedWithThoseThatAre) {
  try {
    choose_kernels("sse9");
    FAIL() << "accepted";
  } catch (const UserError& error) {
    EXPECT_TRUE(std::string(error.what())
                    .starts_with("this machine has no instruction set \"sse9\"; choose from "))
        << error.what();
    EXPECT_TRUE(std::string(error.what()).ends_with("portable")) << error.what();
  }
}

/// Each of 32 sums goes to 0.001 / (1 - 0.999) = 1, by a multiplication and an addition a round.
TEST(FmaLoops, PortableOneSumsAndCountsWhatItDoes) {
  double flops = 0;
  EXPECT_NEAR(fma_loop("portable")(100'000, &flops), 32, 0.01);
  EXPECT_EQ(flops, 100'000.0 * 32 * 2);
}

TEST_P(EachIsa, ExpIsWithinTwoUlp) {
  std::vector<float> x, y;
  for (float v = -86.9f; v < 87.9f; v += 0.00137f) x.push_back(v);
  y.resize(x.size());
  kernels->exp_values(x.data(), static_cast<std::int64_t>(x.size()), y.data());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double exact = std::exp(static_cast<double>(x[i]));
    const double ulp = static_cast<double>(std::nextafter(static_cast<float>(exact), INFINITY)) -
                       static_cast<double>(static_cast<float>(exact));
    ASSERT_LE(std::abs(static_cast<double>(y[i]) - exact), 1.5 * ulp) << x[i];
  }
  const float edges[4] = {0.0f, -INFINITY, -100.0f, NAN};
  float out[4];
  kernels->exp_values(edges, 4, out);
  EXPECT_EQ(out[0], 1.0f);
  EXPECT_EQ(out[1], 0.0f);
  EXPECT_EQ(out[2], 0.0f);
  EXPECT_TRUE(std::isnan(out[3]));
}

/// Of a value in float.
double ulp_of(double exact) {
  const auto near = static_cast<float>(std::abs(exact));
  return static_cast<double>(std::nextafter(near, INFINITY)) - static_cast<double>(near);
}

TEST_P(EachIsa, TanhIsWithinThreeUlpEvenNearZero) {
  std::vector<float> x;
  for (float v = -12.0f; v < 12.0f; v += 0.00093f) x.push_back(v);
  for (float v = 1e-30f; v < 1; v *= 1.37f) x.insert(x.end(), {v, -v});
  std::vector<float> y = x;
  kernels->cap(y.data(), 1.0f, static_cast<std::int64_t>(y.size()));
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double exact = std::tanh(static_cast<double>(x[i]));
    ASSERT_LE(std::abs(static_cast<double>(y[i]) - exact), 3 * ulp_of(exact)) << x[i];
  }
  float edges[4] = {0.0f, INFINITY, -INFINITY, NAN};
  kernels->cap(edges, 50.0f, 4);
  EXPECT_EQ(edges[0], 0.0f);
  EXPECT_EQ(edges[1], 50.0f);
  EXPECT_EQ(edges[2], -50.0f);
  EXPECT_TRUE(std::isnan(edges[3]));
}

/// Against the formulas in double. GELU's exponent 2u is rounded four times on its way (x^2, a
/// factor, their fma, the product), each by 2^-24 at most, which a small result has as relative
/// error: 8 |u| units in the last place.
TEST_P(EachIsa, ActivationsAreTheirFormulas) {
  std::vector<float> x;
  for (float v = -9.0f; v < 9.0f; v += 0.00171f) x.push_back(v);
  const auto n = static_cast<std::int64_t>(x.size());
  const std::vector<float> twos(x.size(), 2.0f);
  std::vector<float> y(x.size());
  kernels->activate(Activation::kGeluTanh, x.data(), twos.data(), n, y.data());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double z = x[i], u = std::sqrt(2 / M_PI) * (z + 0.044715 * z * z * z);
    const double exact = 2 * z / (1 + std::exp(-2 * u));  // 0.5 (1 + tanh u) without cancelling
    ASSERT_NEAR(y[i], exact, (4 + 8 * std::abs(u)) * ulp_of(exact)) << x[i];
  }
  kernels->activate(Activation::kSilu, x.data(), nullptr, n, y.data());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double z = x[i], exact = z / (1 + std::exp(-z));
    ASSERT_NEAR(y[i], exact, 4 * ulp_of(exact)) << x[i];
  }
  kernels->activate(Activation::kSquaredRelu, x.data(), nullptr, n, y.data());
  for (std::size_t i = 0; i < x.size(); ++i) ASSERT_EQ(y[i], x[i] > 0 ? x[i] * x[i] : 0.0f);
  kernels->activate(Activation::kRelu, x.data(), twos.data(), n, y.data());
  for (std::size_t i = 0; i < x.size(); ++i) ASSERT_EQ(y[i], x[i] > 0 ? 2 * x[i] : 0.0f);
}

/// x^2 is rounded once, by 2^-24 at most, which a small result has as relative error: x^2 / 4 units
/// in the last place.
TEST_P(EachIsa, GeluIsTheNormalDistribution) {
  std::vector<float> x;
  for (float v = -12.5f; v < 12.5f; v += 0.00171f) x.push_back(v);
  const auto n = static_cast<std::int64_t>(x.size());
  std::vector<float> y(x.size());
  kernels->activate(Activation::kGelu, x.data(), nullptr, n, y.data());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double z = x[i], exact = z * std::erfc(-z / std::sqrt(2.0)) / 2;
    ASSERT_NEAR(y[i], exact, (5 + z * z / 2) * ulp_of(exact)) << x[i];
  }
  const float far[5] = {-14.0f, -1e30f, 14.0f, 1e30f, NAN};
  float there[5];
  kernels->activate(Activation::kGelu, far, nullptr, 5, there);
  EXPECT_EQ(there[0], 0.0f);
  EXPECT_EQ(there[1], 0.0f);
  EXPECT_EQ(there[2], 14.0f);
  EXPECT_EQ(there[3], 1e30f);
  EXPECT_TRUE(std::isnan(there[4]));
}

TEST_P(EachIsa, LayerNormIsItsFormula) {
  for (const std::int64_t n : {1, 5, 16, 47, 333}) {
    const auto count = static_cast<std::size_t>(n);
    std::vector<float> x = random_values(count, 1, 9), w = random_values(count, 2, 3),
                       bias = random_values(count, 3, 1), y(count);
    for (float& value : x) value += 20;  // a mean that would cancel
    kernels->centre(x.data(), kernels->moments(x.data(), n, 1e-5f), w.data(), bias.data(), n,
                    y.data());
    double mean = 0, variance = 0;
    for (const float value : x) mean += value / static_cast<double>(n);
    for (const float value : x)
      variance += (value - mean) * (value - mean) / static_cast<double>(n);
    for (std::size_t i = 0; i < count; ++i)
      EXPECT_NEAR(y[i], (x[i] - mean) / std::sqrt(variance + 1e-5) * w[i] + bias[i], 5e-5) << n;
  }
}

TEST_P(EachIsa, RowOperationsEqualThePortableOnes) {
  for (std::int64_t n : {1, 7, 15, 16, 17, 64, 172, 333}) {
    const auto count = static_cast<std::size_t>(n);
    const auto x = random_values(2 * count, 1, 9), w = random_values(2 * count, 2, 3);
    std::vector<float> a(2 * count), b(2 * count);
    kernels->rms_norm(x.data(), w.data(), n, 1e-5f, a.data());
    portable.rms_norm(x.data(), w.data(), n, 1e-5f, b.data());
    EXPECT_EQ(a, b);
    for (const Activation kind : {Activation::kSilu, Activation::kGeluTanh,
                                  Activation::kSquaredRelu, Activation::kGelu, Activation::kRelu})
      for (const float* up :
           {static_cast<const float*>(w.data()), static_cast<const float*>(nullptr)}) {
        kernels->activate(kind, x.data(), up, n, a.data());
        portable.activate(kind, x.data(), up, n, b.data());
        EXPECT_EQ(a, b);
      }
    for (const float* bias :
         {static_cast<const float*>(w.data() + n), static_cast<const float*>(nullptr)}) {
      kernels->centre(x.data(), kernels->moments(x.data(), n, 1e-5f), w.data(), bias, n, a.data());
      portable.centre(x.data(), portable.moments(x.data(), n, 1e-5f), w.data(), bias, n, b.data());
      EXPECT_EQ(a, b);
    }
    a = b = x;
    kernels->cap(a.data(), 3.0f, n);
    portable.cap(b.data(), 3.0f, n);
    EXPECT_EQ(a, b);
    a = b = x;
    kernels->rope(a.data(), w.data(), w.data() + n, static_cast<int>(n));
    portable.rope(b.data(), w.data(), w.data() + n, static_cast<int>(n));
    EXPECT_EQ(a, b);
    kernels->add_scaled(a.data(), w.data(), 0.3f, n);
    portable.add_scaled(b.data(), w.data(), 0.3f, n);
    EXPECT_EQ(a, b);
    const std::int64_t half = n / 2;  // two rows of all but their ends
    kernels->add_scaled_rows(a.data(), w.data(), 0.3f, 2, half, half - half / 8);
    for (std::int64_t i = 0; i < 2 * half; ++i)
      if (i % std::max<std::int64_t>(half, 1) < half - half / 8) {
        const auto at = static_cast<std::size_t>(i);
        b[at] = std::fma(0.3f, w[at], b[at]);
      }
    EXPECT_EQ(a, b);
    EXPECT_EQ(kernels->max_value(x.data(), n), *std::max_element(x.begin(), x.begin() + n));
    EXPECT_EQ(kernels->sum_exp(x.data(), n, 9.0f), portable.sum_exp(x.data(), n, 9.0f));
  }
}

/// The definition of one output: chains of kChain, added in order.
float chained_dot(const float* a, const float* b, std::int64_t k) {
  float sum = 0;
  for (std::int64_t begin = 0; begin < k; begin += kChain) {
    float chain = 0;
    for (std::int64_t i = begin; i < std::min(k, begin + kChain); ++i)
      chain = std::fma(a[i], b[i], chain);
    sum = begin == 0 ? chain : sum + chain;
  }
  return sum;
}

/// Weights [n, k] as floats, and as stored in `dtype`.
struct Weights {
  std::vector<float> values;
  std::vector<std::uint16_t> halves;
  WeightTable::Loaded loaded;

  Weights(DType dtype, std::int64_t n, std::int64_t k)
      : values(random_values(static_cast<std::size_t>(n * k), 3)) {
    loaded.view = {dtype, {n, k}, reinterpret_cast<const std::byte*>(values.data())};
    if (dtype != DType::kBF16) return;
    for (float& v : values) {
      const auto high = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(v) >> 16);
      halves.push_back(high);
      v = std::bit_cast<float>(static_cast<std::uint32_t>(high) << 16);
    }
    loaded.view.data = reinterpret_cast<const std::byte*>(halves.data());
  }
  std::unique_ptr<PackedWeight> pack(const Backend& backend) const {
    const auto n = loaded.view.shape[0], k = loaded.view.shape[1];
    // Two slices: panels cross from one to the other.
    const MatrixSlice slices[2] = {{loaded, 0, n / 3, 0, k}, {loaded, n / 3, n, 0, k}};
    return backend.pack(slices);
  }
};

TEST_P(EachIsa, MatmulIsAscendingFmaChainsForEachOutput) {
  for (const DType dtype : {DType::kF32, DType::kBF16})
    for (const std::int64_t k : {1, 2, 127, 129, 512, 513, 1501}) {  // chains, passes, odd pairs
      const std::int64_t n = 77, most = 309, lda = k + 3, ldc = n + 2;
      const Weights weights(dtype, n, k);
      const auto bias = random_values(static_cast<std::size_t>(n), 4);
      const auto a = random_values(static_cast<std::size_t>(most * lda), 5);
      std::vector<float> expected(static_cast<std::size_t>(most * n));
      for (std::int64_t r = 0; r < most; ++r)
        for (std::int64_t j = 0; j < n; ++j)
          expected[static_cast<std::size_t>(r * n + j)] =
              chained_dot(a.data() + r * lda, weights.values.data() + j * k, k) +
              bias[static_cast<std::size_t>(j)];
      for (const int threads : {1, 2, 3}) {
        const auto backend = make_cpu_backend(threads, GetParam());
        const auto packed = weights.pack(*backend);
        for (const std::int64_t rows : {1, 2, 3, 5, 13, 14, 15, 57, 309}) {
          std::vector<float> c(static_cast<std::size_t>(rows * ldc), -7.0f);
          backend->matmul(Rows{a.data(), lda}, rows, *packed, bias, Assigned{c.data(), ldc});
          int wrong = 0;
          for (std::int64_t r = 0; r < rows; ++r)
            for (std::int64_t j = 0; j < ldc; ++j)
              wrong += c[static_cast<std::size_t>(r * ldc + j)] !=
                       (j < n ? expected[static_cast<std::size_t>(r * n + j)] : -7.0f);
          ASSERT_EQ(wrong, 0) << rows << " rows, k " << k << ", " << threads << " threads";
        }
      }
    }
}

float flushed(float x) { return std::fpclassify(x) == FP_SUBNORMAL ? std::copysign(0.0f, x) : x; }
float bf16_value(float x) {
  return flushed(std::bit_cast<float>(static_cast<std::uint32_t>(round_to_bf16(x)) << 16));
}

/// The definition of one output of bf16 operands: in each pair the odd element first.
float chained_bf16_dot(const float* a, const float* b, std::int64_t k) {
  float sum = 0;
  const auto step = [&](std::int64_t i, float chain) {
    return i < k ? flushed(std::fma(bf16_value(a[i]), bf16_value(b[i]), chain)) : chain;
  };
  for (std::int64_t begin = 0; begin < k; begin += kBf16Chain) {
    float chain = 0;
    for (std::int64_t i = begin; i < std::min(k, begin + kBf16Chain); i += 2)
      chain = step(i, step(i + 1, chain));
    sum = begin == 0 ? chain : sum + chain;
  }
  return sum;
}

TEST_P(EachIsa, Bf16MatmulIsTheDotProductInstructionsOrder) {
  int not_zero = 0;
  for (const float scale :
       {1.0f, 0x1p-62f, 0x1p-64f, 0x1p-120f})  // down to products and numbers that are flushed
    for (const std::int64_t k : {1, 2, 131, 513}) {
      const std::int64_t n = 45, most = 61;
      Weights weights(DType::kF32, n, k);
      for (float& w : weights.values) w *= scale;
      const auto a =
          random_values(static_cast<std::size_t>(most * k), 5, scale < 0x1p-100f ? 1 : scale);
      for (const int threads : {1, 3}) {
        const auto backend = make_cpu_backend(threads, GetParam(), true);
        const auto packed = weights.pack(*backend);
        for (const std::int64_t rows : {1, 3, 14, 61}) {
          std::vector<float> c(static_cast<std::size_t>(rows * n));
          backend->matmul(Rows{a.data(), k}, rows, *packed, {}, Assigned{c.data(), n});
          for (std::int64_t r = 0; r < rows; ++r)
            for (std::int64_t j = 0; j < n; ++j) {
              const float expected =
                  chained_bf16_dot(a.data() + r * k, weights.values.data() + j * k, k);
              not_zero += expected != 0;
              ASSERT_EQ(c[static_cast<std::size_t>(r * n + j)], expected)
                  << rows << " rows, k " << k << ", scale " << scale;
            }
        }
      }
    }
  EXPECT_GT(not_zero, 10000);
  EXPECT_TRUE(small_numbers_are_kept());
}

TEST(Bf16, RoundsToNearestEven) {
  EXPECT_EQ(round_to_bf16(1.0f), 0x3F80);
  EXPECT_EQ(round_to_bf16(std::bit_cast<float>(0x3F808000u)), 0x3F80);  // a tie, to even
  EXPECT_EQ(round_to_bf16(std::bit_cast<float>(0x3F818000u)), 0x3F82);
  EXPECT_EQ(round_to_bf16(std::bit_cast<float>(0x3F808001u)), 0x3F81);
  EXPECT_EQ(round_to_bf16(3.4e38f), 0x7F80);
  EXPECT_TRUE((round_to_bf16(std::bit_cast<float>(0x7F800001u)) & 0x7FFF) > 0x7F80);
}

/// By the rule of the format, whole vectors and what is left of one; an odd end has a zero beside
/// it.
TEST_P(EachIsa, PairsAreRoundedToNearestEven) {
  std::vector<float> x = {1.0f,
                          std::bit_cast<float>(0x3F808000u),
                          std::bit_cast<float>(0x3F818000u),
                          3.4e38f,
                          -0.0f,
                          INFINITY,
                          std::bit_cast<float>(0x7FFFFFFFu)};
  for (const float value : random_values(64, 9, 3)) x.push_back(value);
  for (std::size_t n : {std::size_t{1}, std::size_t{7}, std::size_t{16}, x.size()}) {
    std::vector<std::uint32_t> pairs((n + 1) / 2, 0xFFFFFFFFu);
    kernels->round_to_pairs(x.data(), static_cast<std::int64_t>(n), pairs.data());
    for (std::size_t i = 0; i < 2 * pairs.size(); ++i)
      EXPECT_EQ(pairs[i / 2] >> (i % 2 * 16) & 0xFFFF, i < n ? round_to_bf16(x[i]) : 0) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, EachIsa, ::testing::Values("portable", "avx2", "avx512"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace flm::test
