// Which instruction makes the products of attention in bf16.
#pragma once

#include <string>

namespace flm {

/// Whether wgmma takes attention's tiles of many queries (wgmma_takes), as FLM_CUDA_ATTENTION says:
/// "mma" or "wgmma". Decoding stays with mma.sync, so that prefill and decoding have equal bits
/// only where both instructions have: the numerics are named so. A UserError where it is set to
/// anything else, or to "wgmma" and the device `name` or this build has none.
bool wants_wgmma(const std::string& name, int major, int minor);

}  // namespace flm
