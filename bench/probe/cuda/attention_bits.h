// Has attention by wgmma the bits of attention by mma.sync?
#pragma once

#include <cstdint>
#include <ostream>

namespace flm::bench {

struct AttentionSizes {
  std::int32_t length = 2100;  // of a text: beyond two spans, no multiple of a tile
  int kv_heads = 4, group = 2;
};

/// Both kernels on the same queries, keys and values, in texts of that length with heads of 64, 80,
/// 96 and 128 elements, in tiles of 64 and of 128 queries: how many outputs differ, and "equal" or
/// "differ" for all together. `wgmma`: whether the device and the build have it.
void probe_attention(bool wgmma, const AttentionSizes& sizes, std::ostream& lines);

}  // namespace flm::bench
