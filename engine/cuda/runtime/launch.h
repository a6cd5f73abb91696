// What surrounds a kernel's launch, so that an error names the kernel. Any thread.
#pragma once

#include <cstdint>
#include <string>

#include "engine/cuda/runtime/runtime.h"

namespace flm {

/// A launch as an error tells it.
struct Launch {
  const void* kernel = nullptr;
  std::int64_t grid[3] = {};  // blocks
  int threads = 0;            // of a block
  std::int64_t shared_bytes = 0;
  std::string other = {};  // in place of a kernel: a library's product, a recorded graph
};

/// Before a launch: from here on it is the calling thread's last one. Asks for shared memory above
/// 48 KiB; a UserError where the device lends a block less.
void begin_launch(const Launch& launch);
/// After it: throws what the device refused it for. With FLM_CUDA_SYNC=1 it waits for a stream that
/// does not record, and throws what the kernel failed of.
void end_launch(CudaStream stream);

/// Whether the calling thread's device begins a kernel ahead of the end of the one before it:
/// compute capability 9 and 10, unless FLM_CUDA_EARLY=0 is set; a UserError for what is neither 0
/// nor 1.
bool begins_early();

/// Whether FLM_CUDA_SYNC=1 is set; a UserError for what is neither 0 nor 1.
bool launches_wait();

/// "NAME, grid 8 x 1 x 1, 256 threads a block, 0 bytes of shared memory" of the calling thread's
/// last launch, and of the one before it; "none" where there is none.
std::string last_launch();
std::string launch_before();

}  // namespace flm
