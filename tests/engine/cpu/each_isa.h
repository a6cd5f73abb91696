// The kernels of each instruction set that this machine has, beside the portable ones.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "engine/cpu/kernels.h"

namespace flm::test {

inline std::vector<float> random_values(std::size_t count, std::uint32_t seed, float scale = 1) {
  std::mt19937 generator(seed);
  std::vector<float> values(count);
  for (float& v : values) v = scale * (static_cast<float>(generator()) * 0x1p-31f - 1.0f);
  return values;
}

/// Whether this thread computes with numbers below the normal range, as IEEE 754 has it; some
/// kernels switch that off while a chain runs.
inline bool small_numbers_are_kept() {
  const volatile float small = 0x1p-130f, one = 1;
  return small * one != 0;
}

class EachIsa : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const auto isas = available_isas();
    if (std::find(isas.begin(), isas.end(), GetParam()) == isas.end())
      GTEST_SKIP() << "this machine has no " << GetParam();
    kernels = &choose_kernels(GetParam());
  }
  const Kernels* kernels = nullptr;
  const Kernels& portable = kernels_portable();
};

}  // namespace flm::test
