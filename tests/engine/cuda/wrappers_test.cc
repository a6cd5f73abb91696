// device.h's wrappers against what the PTX ISA says of them, on a device where one is, else their
// host twins. Small whole numbers: every order of a product's sum is exact.
#include "tests/engine/cuda/kernels/wrappers.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "engine/backend/backend.h"
#include "engine/cuda/runtime/device_pool.h"
#include "engine/cuda/runtime/scratch.h"
#include "tests/engine/cuda/cuda_fixture.h"

namespace flm::test {
namespace {

std::uint16_t rounded_bf16(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  return static_cast<std::uint16_t>((bits + 0x7FFFu + (bits >> 16 & 1)) >> 16);
}

template <class T>
std::vector<T> fetched(const Scratch& memory, std::size_t count, const Stream& stream) {
  std::vector<T> host(count);
  copy_to_host(host.data(), memory.as<void>(), static_cast<std::int64_t>(count * sizeof(T)),
               stream);
  stream.wait();
  return host;
}

TEST(Wrappers, FragmentsLieWhereTheIsaSays) {
  FLM_NEED_DEVICE();
  constexpr int kSide = 16, kRowsAtOnce = 13;
  std::vector<std::uint16_t> a, b;
  const auto value_of_a = [](int r, int k) { return (r * 5 + k * 3) % 17 - 8; };
  const auto value_of_b = [](int r, int k) {
    return r < kRowsAtOnce ? (r * 7 + k * 11) % 13 - 6 : 0;
  };
  for (int r = 0; r < kSide; ++r)
    for (int k = 0; k < kSide; ++k) {
      a.push_back(rounded_bf16(static_cast<float>(value_of_a(r, k))));
      b.push_back(rounded_bf16(static_cast<float>((r * 7 + k * 11) % 13 - 6)));
    }
  const Stream stream;
  DevicePool pool(stream, DevicePool::Takers::kSameStream);
  const Scratch left(pool, stream, a.data(), 512), right(pool, stream, b.data(), 512),
      c(pool, stream, 1024), d(pool, stream, 1024);
  probe_products(stream, left.as<void>(), right.as<void>(), kRowsAtOnce, c.as<float>(),
                 d.as<float>());
  const auto transposed = fetched<float>(c, 256, stream), plain = fetched<float>(d, 256, stream);
  for (int r = 0; r < kSide; ++r)
    for (int n = 0; n < kSide; ++n) {
      int with_rows = 0, with_columns = 0;
      for (int k = 0; k < kSide; ++k) {
        with_rows += value_of_a(r, k) * value_of_b(n, k);
        with_columns += value_of_a(r, k) * value_of_b(k, n);
      }
      const auto at = static_cast<std::size_t>(r * kSide + n);
      EXPECT_EQ(transposed[at], static_cast<float>(with_rows)) << r << " " << n;
      EXPECT_EQ(plain[at], static_cast<float>(with_columns)) << r << " " << n;
    }
}

TEST(Wrappers, FunctionsHaveTheHostsBits) {
  FLM_NEED_DEVICE();
  std::vector<float> x = {0.0f, -0.0f, 1.0f, -1.0f, 0x1.01p0f, 0x1.03p0f, 0x1p-130f, 3e38f};
  std::mt19937 random(3);
  while (x.size() < 4096)
    x.push_back((static_cast<float>(random()) * 0x1p-31f - 1.0f) *
                std::exp2(static_cast<float>(random() % 16) - 8.0f));
  const auto count = static_cast<std::int64_t>(x.size());
  const Stream stream;
  DevicePool pool(stream, DevicePool::Takers::kSameStream);
  const Scratch in(pool, stream, x.data(), count * 4), packed(pool, stream, count * 4),
      exps(pool, stream, count * 4), powers(pool, stream, count * 4), sums(pool, stream, count / 8);
  probe_functions(stream, in.as<float>(), static_cast<int>(count), packed.as<std::uint32_t>(),
                  exps.as<float>(), powers.as<float>(), sums.as<float>());
  const auto bits = fetched<std::uint32_t>(packed, x.size(), stream);
  const auto exp = fetched<float>(exps, x.size(), stream);
  const auto sum = fetched<float>(sums, x.size() / 32, stream);
  const auto cpu = make_cpu_backend(1, "");
  for (std::size_t i = 0; i < x.size(); ++i) {
    EXPECT_EQ(bits[i] & 0xFFFFu, rounded_bf16(x[i])) << x[i];
    EXPECT_EQ(bits[i] >> 16, rounded_bf16(0.0f - x[i])) << x[i];
    EXPECT_EQ(exp[i], cpu->exp_of(x[i])) << x[i];
  }
  for (std::size_t block = 0; block < sum.size(); ++block) {
    float lanes[16];
    std::copy_n(x.begin() + static_cast<std::ptrdiff_t>(32 * block), 16, lanes);
    for (std::size_t width = 8; width >= 1; width /= 2)
      for (std::size_t i = 0; i < width; ++i) lanes[i] = lanes[i] + lanes[i + width];
    EXPECT_EQ(sum[block], lanes[0]) << block;
  }
}

/// Plainly and from a recording.
TEST(Wrappers, KernelsThatBeginEarlyWaitForWhatIsAhead) {
  FLM_NEED_DEVICE();
  constexpr int kValues = 1 << 16, kSteps = 12;
  std::vector<int> host(kValues);
  for (int i = 0; i < kValues; ++i) host[static_cast<std::size_t>(i)] = i * 7;
  const Stream stream;
  DevicePool pool(stream, DevicePool::Takers::kSameStream);
  const Scratch x(pool, stream, host.data(), 4 * kValues), y(pool, stream, 4 * kValues);
  const auto steps = [&] {
    probe_dependent_launches(stream, x.as<int>(), y.as<int>(), kValues, kSteps);
  };
  steps();
  const Graph graph(stream, steps);
  graph.launch(stream);
  const auto seen = fetched<int>(x, kValues, stream);
  constexpr std::int64_t kShift = std::int64_t{2} * kSteps * 4099;
  for (std::int64_t i = 0; i < kValues; ++i)
    ASSERT_EQ(seen[static_cast<std::size_t>(i)], (i + kShift) % kValues * 7 + 2 * kSteps) << i;
}

/// A relative error of 2^-22, what is less than 2^-126 is 0, a NaN stays one.
TEST(Wrappers, PowersOfTwoAreAsExactAsTheIsaSays) {
  FLM_NEED_DEVICE();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  std::vector<float> x = {0.0f,     -0.0f,  -1.0f,      -125.0f, -126.5f,       -127.0f,
                          -1000.0f, -3e38f, -kInfinity, -1e-40f, std::nanf(""), 0x1p-24f};
  std::mt19937 random(4);
  while (x.size() < 8192) x.push_back(static_cast<float>(random()) * -0x1p-25f);  // -128 .. 0
  const auto count = static_cast<std::int64_t>(x.size());
  const Stream stream;
  DevicePool pool(stream, DevicePool::Takers::kSameStream);
  const Scratch in(pool, stream, x.data(), count * 4), packed(pool, stream, count * 4),
      exps(pool, stream, count * 4), powers(pool, stream, count * 4), sums(pool, stream, count / 8);
  probe_functions(stream, in.as<float>(), static_cast<int>(count), packed.as<std::uint32_t>(),
                  exps.as<float>(), powers.as<float>(), sums.as<float>());
  const auto power = fetched<float>(powers, x.size(), stream);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double exact = std::exp2(static_cast<double>(x[i]));
    if (std::isnan(x[i])) {
      EXPECT_TRUE(std::isnan(power[i]));
    } else if (x[i] == 0) {
      EXPECT_EQ(power[i], 1.0f);
    } else if (x[i] < -126.001f) {
      EXPECT_EQ(power[i], 0.0f) << x[i];
    } else if (x[i] > -125.999f) {
      EXPECT_NEAR(power[i], exact, 0x1p-22 * exact) << x[i];
    }
  }
}

TEST(Wrappers, VectorsKeepBitsAndOrder) {
  FLM_NEED_DEVICE();
  std::vector<float> x = {0.0f, -0.0f, 1.0f, -1.0f, 0x1.01p0f, 0x1.03p0f, 0x1p-130f, 3e38f};
  std::mt19937 random(5);
  while (x.size() < 512) x.push_back(static_cast<float>(random()) * 0x1p-31f - 1.0f);
  const auto count = static_cast<std::int64_t>(x.size());
  const Stream stream;
  DevicePool pool(stream, DevicePool::Takers::kSameStream);
  const Scratch in(pool, stream, x.data(), count * 4), copied(pool, stream, count * 4),
      narrowed(pool, stream, count * 2), paired(pool, stream, count * 2),
      widened(pool, stream, count * 4);
  probe_vectors(stream, in.as<float>(), static_cast<int>(count), copied.as<float>(),
                narrowed.as<void>(), paired.as<void>(), widened.as<float>());
  const auto copy = fetched<std::uint32_t>(copied, x.size(), stream),
             wide = fetched<std::uint32_t>(widened, x.size(), stream);
  const auto narrow = fetched<std::uint16_t>(narrowed, x.size(), stream),
             pairs = fetched<std::uint16_t>(paired, x.size(), stream);
  for (std::size_t i = 0; i < x.size(); ++i) {
    EXPECT_EQ(copy[i], std::bit_cast<std::uint32_t>(x[i])) << i;
    EXPECT_EQ(narrow[i], rounded_bf16(x[i])) << i;
    EXPECT_EQ(pairs[i], rounded_bf16(x[i])) << i;
    EXPECT_EQ(wide[i], static_cast<std::uint32_t>(rounded_bf16(x[i])) << 16) << i;
  }
}

/// The device goes on behind it.
TEST(Wrappers, ARefusedLaunchNamesItsKernel) {
  FLM_NEED_DEVICE();
  const Stream stream;
  DevicePool pool(stream, DevicePool::Takers::kSameStream);
  const Scratch x(pool, stream, 256);
  try {
    probe_refused_launch(stream, x.as<int>());
    FAIL() << "it was taken";
  } catch (const InternalError& error) {
    for (const char* part :
         {"cuda:0, launch: ", "last launch: flm::test::", "step_kernel(int const*",
          "grid 1 x 1 x 1, 2048 threads a block", "report this line"})
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << part << error.what();
  }
  clear_on_device(x.as<void>(), 256, stream);
  stream.wait();
}

}  // namespace
}  // namespace flm::test
