#include "engine/cpu/speed.h"

#include <immintrin.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "engine/cpu/kernels.h"

namespace flm {
namespace {

constexpr double kShareOfPeak = 0.65;  // of the peak that a whole scoring pass reaches
constexpr int kChains = 12;            // enough to hide the latency of a fused multiply-add
constexpr int kRounds = 20'000;
constexpr int kTrials = 5;

__attribute__((target("avx512f"))) float multiply_add_512() {
  __m512 chains[kChains];
  for (auto& chain : chains) chain = _mm512_set1_ps(1);
  const __m512 factor = _mm512_set1_ps(0.5f);
  for (int round = 0; round < kRounds; ++round) {
#pragma GCC unroll 12
    for (__m512& chain : chains) chain = _mm512_fmadd_ps(chain, factor, factor);
  }
  __m512 sum = chains[0];
  for (const __m512& chain : chains) sum = _mm512_add_ps(sum, chain);
  return _mm512_cvtss_f32(sum);
}

__attribute__((target("avx2,fma"))) float multiply_add_256() {
  __m256 chains[kChains];
  for (auto& chain : chains) chain = _mm256_set1_ps(1);
  const __m256 factor = _mm256_set1_ps(0.5f);
  for (int round = 0; round < kRounds; ++round) {
#pragma GCC unroll 12
    for (__m256& chain : chains) chain = _mm256_fmadd_ps(chain, factor, factor);
  }
  __m256 sum = chains[0];
  for (const __m256& chain : chains) sum = _mm256_add_ps(sum, chain);
  return _mm256_cvtss_f32(sum);
}

double peak_of(float (*work)(), int lanes) {
  double best = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    const double start = monotonic_seconds();
    const volatile float result = work();
    (void)result;
    const double seconds = std::max(monotonic_seconds() - start, 1e-9);
    best = std::max(best, 2.0 * lanes * kChains * kRounds / seconds);
  }
  return best;
}

}  // namespace

double measured_flops_per_thread(const std::string& isa) {
  if (isa == "avx512") return kShareOfPeak * peak_of(multiply_add_512, 16);
  if (isa == "avx2") return kShareOfPeak * peak_of(multiply_add_256, 8);
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
