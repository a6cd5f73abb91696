#include "engine/cpu/speed.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "engine/cpu/fma_loops.h"
#include "engine/cpu/kernels.h"

namespace flm {
namespace {

constexpr double kShareOfPeak = 0.65;  // of the peak that a whole scoring pass reaches
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

}  // namespace

double measured_flops_per_thread(const std::string& isa) {
  if (isa == "avx512" || isa == "avx2") return kShareOfPeak * peak_of(fma_loop(isa));
  return nominal_flops_per_thread(isa);
}

bool bf16_is_slower(const Kernels& kernels) {
  constexpr std::int64_t kDepth = kBf16Chain;
  std::vector<float> a(static_cast<std::size_t>(kMostRows * kDepth), 0.5f),
      panel(static_cast<std::size_t>(kPanel * kDepth), 0.25f),
      c(static_cast<std::size_t>(kMostRows * kPanel));
  const auto words = [](const std::vector<float>& floats) {
    return reinterpret_cast<const std::uint32_t*>(floats.data());
  };
  double fp32 = 1, bf16 = 1;  // seconds of the fastest of some calls, in turns
  for (int trial = 0; trial < 8; ++trial) {
    const double start = monotonic_seconds();
    kernels.multiply_floats(a.data(), kernels.row_block, kDepth, panel.data(), c.data(), kPanel,
                            kPanel, true);
    const double middle = monotonic_seconds();
    kernels.multiply_bf16(words(a), kernels.row_block, kDepth, words(panel), c.data(), kPanel,
                          kPanel, true);
    fp32 = std::min(fp32, middle - start);
    bf16 = std::min(bf16, monotonic_seconds() - middle);
  }
  return bf16 > 1.1 * fp32;
}

double nominal_flops_per_thread(const std::string& isa) {
  if (isa == "avx512") return 100e9;
  return isa == "avx2" ? 75e9 : 4e9;
}

}  // namespace flm
