// The batch that most cases run: whole sequences in slots one after another.
#pragma once

#include <cstdint>

#include "engine/model/batch.h"

namespace flm::bench {

/// `sequences` of `keys` positions each; the last `queries` positions of each are the rows.
PackedBatch causal_batch(std::int64_t sequences, std::int64_t keys, std::int64_t queries);

}  // namespace flm::bench
