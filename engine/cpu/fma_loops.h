// Loops of nothing but independent multiply-adds: the arithmetic that one thread can reach.
#pragma once

#include <cstddef>
#include <string>

namespace flm {

/// Runs `rounds` rounds and sets *flops; returns a sum so that nothing is optimised away.
using FmaLoop = float (*)(std::size_t rounds, double* flops);

/// `isa`: avx512, avx2, portable; of this machine.
FmaLoop fma_loop(const std::string& isa);

}  // namespace flm
