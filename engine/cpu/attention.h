// Attention of consecutive rows under one key/value head.
#pragma once

#include <cstdint>

#include "engine/backend/backend.h"
#include "engine/cpu/kernels.h"

namespace flm {

/// Rows [begin, end) of the batch, all query heads that share `kv_head`. Overwrites the queries.
/// Neighbours whose paths begin with the same tiles read these together; the bits are the same.
/// `Word`: float, or std::uint32_t for bf16 operands (AttentionTile).
template <class Word>
void attend_rows(const Kernels& kernels, const PackedBatch& batch, const AttentionArgs& args,
                 int kv_head, std::int32_t begin, std::int32_t end);

}  // namespace flm
