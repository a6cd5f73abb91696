// May one instruction stand in for another? Compared on the device that is here.
#pragma once

#include <cstdint>
#include <ostream>

#include "bench/probe/cuda/kernels.h"

namespace flm::bench {

struct InstructionSizes {
  ProductSize product{128, 256, 8192};
  std::uint32_t exponential_first = 0;           // bits of -x
  std::uint32_t exponential_count = 0x42FE0001;  // all floats of -127 .. 0
  std::uint32_t exponential_run = 4288;          // of a thread
};

/// wgmma against mma.sync, one row tile a warp against two, and the instruction for 2^x against the
/// polynomial. Layouts are proven first, on small whole numbers, of which every order of sums is
/// exact: where one is wrong, nothing is compared and the answer is false. `warpgroups`: whether
/// the device has wgmma.
bool probe_instructions(bool warpgroups, const InstructionSizes& sizes, std::ostream& lines);

}  // namespace flm::bench
