// The softmax of rows whose logits lie with several ranks.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/parallel/communicator.h"
#include "engine/parallel/shard.h"

namespace flm {

/// Statistics of whole rows; `logits` [rows, this rank's part of `parts`] in the backend's memory.
/// The bits of Backend::softmax_stats on whole rows, on every rank: the exponentials are taken
/// against the maximum of all ranks, and the sums of blocks, which no cut divides, are gathered and
/// added in order.
std::vector<SoftmaxStats> split_softmax_stats(const Backend& backend, Communicator& communicator,
                                              std::span<const Range> parts, const float* logits,
                                              std::int64_t rows);

}  // namespace flm
