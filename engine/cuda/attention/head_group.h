// Query heads of one key head: which row and head a tile's query is, without a division.
#pragma once

#include <device.h>

#include "engine/cuda/attention/attention.h"

namespace flm::cuda {

/// query / heads == query * inverse >> 16 for all that a tile and a key head may have.
struct HeadGroup {
  int heads, inverse;
  explicit constexpr HeadGroup(int of) : heads(of), inverse((1 << 16) / of + 1) {}
  constexpr __host__ __device__ int row_of(int query) const { return query * inverse >> 16; }
  constexpr __host__ __device__ int head_of(int query) const {
    return query - row_of(query) * heads;
  }
};

constexpr bool divides_queries() {
  for (int heads = 1; heads <= kNarrowQueries; ++heads)
    for (int query = 0; query < kWideQueries; ++query)
      if (HeadGroup(heads).row_of(query) != query / heads ||
          HeadGroup(heads).head_of(query) != query % heads)
        return false;
  return true;
}
static_assert(divides_queries());

}  // namespace flm::cuda
