#include "engine/cpu/speed.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/system/clock.h"
#include "engine/cpu/fma_loops.h"
#include "engine/cpu/kernels.h"

namespace flm {
namespace {

constexpr double kShareOfPeak = 0.65;      // of the peak that a whole scoring pass reaches
constexpr double kShareOfProducts = 0.85;  // of the portable products' own speed
constexpr std::size_t kRounds = 20'000;
constexpr int kTrials = 5;

double peak_of(FmaLoop loop) {
  double best = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    double flops = 0;
    const double start = monotonic_seconds();
    const volatile float result = loop(kRounds, &flops);
    (void)result;
    best = std::max(best, flops / std::max(monotonic_seconds() - start, 1e-9));
  }
  return best;
}

constexpr std::int64_t kDepth = kBf16Chain;  // of the products that are timed

/// Seconds that a block of activations takes through a panel, the fastest of some calls.
struct ProductSeconds {
  double fp32 = 1, bf16 = 1;
};

ProductSeconds time_products(const Kernels& kernels) {
  std::vector<float> a(static_cast<std::size_t>(kMostRows * kDepth), 0.5f),
      panel(static_cast<std::size_t>(kPanel * kDepth), 0.25f),
      c(static_cast<std::size_t>(kMostRows * kPanel));
  const auto words = [](const std::vector<float>& floats) {
    return reinterpret_cast<const std::uint32_t*>(floats.data());
  };
  ProductSeconds best;
  for (int trial = 0; trial < 8; ++trial) {
    const double start = monotonic_seconds();
    kernels.multiply_floats(a.data(), kernels.row_block, kDepth, panel.data(), c.data(), kPanel,
                            kPanel, true);
    const double middle = monotonic_seconds();
    kernels.multiply_bf16(words(a), kernels.row_block, kDepth, words(panel), c.data(), kPanel,
                          kPanel, true);
    best.fp32 = std::min(best.fp32, middle - start);
    best.bf16 = std::min(best.bf16, monotonic_seconds() - middle);
  }
  return best;
}

double product_flops(const Kernels& kernels) {
  const double flops = 2.0 * kernels.row_block * kPanel * kDepth;
  return flops / std::max(time_products(kernels).fp32, 1e-9);
}

}  // namespace

/// How far a compiler takes the portable kernels towards the peak is its own affair, so that their
/// products are timed themselves.
double measured_flops_per_thread(const std::string& isa) {
  const Kernels& kernels = choose_kernels(isa);
  if (&kernels == &kernels_portable()) return kShareOfProducts * product_flops(kernels);
  return kShareOfPeak * peak_of(fma_loop(isa));
}

bool bf16_is_slower(const Kernels& kernels) {
  const ProductSeconds seconds = time_products(kernels);
  return seconds.bf16 > 1.1 * seconds.fp32;
}

double nominal_flops_per_thread(const std::string& isa) {
  if (isa == "avx512") return 100e9;
  return isa == "avx2" ? 75e9 : 4e9;
}

}  // namespace flm
