// The batch that most cases run: whole sequences in slots one after another.
#pragma once

#include <cstdint>

#include "engine/backend/batch.h"

namespace flm::bench {

/// `sequences` of `keys` positions each; the last `queries` positions of each are the rows. They
/// have the first `shared` positions in common, in slots of their own ahead of the others'.
PackedBatch causal_batch(std::int64_t sequences, std::int64_t keys, std::int64_t queries,
                         std::int64_t shared = 0);

/// Where a position of a sequence lies.
std::int64_t slot_of(std::int64_t sequence, std::int64_t position, std::int64_t keys,
                     std::int64_t shared);

}  // namespace flm::bench
