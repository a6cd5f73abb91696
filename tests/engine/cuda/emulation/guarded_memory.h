// Memory of the emulated device: each allocation ends where no one may read or write.
#pragma once

#include <cstddef>

namespace flm::emulation {

/// `bytes` rounded up to CUDA's alignment of 256, all 0xFF: NaN for whoever reads before it writes.
/// What lies behind ends the process.
void* take_guarded(std::size_t bytes);
void give_back_guarded(void* memory, std::size_t bytes);

}  // namespace flm::emulation
