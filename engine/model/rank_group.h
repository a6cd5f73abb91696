// Tensor parallel inside one process: N rank models behind the face of one.
#pragma once

#include <memory>

#include "engine/model/model.h"

namespace flm {

/// Every call runs on all ranks, each on its own thread; rank 0's result is returned. The first
/// error of any rank wakes the others and is thrown. `options.threads` is the total over ranks.
std::unique_ptr<Model> make_rank_group(const ModelConfig& config,
                                       std::shared_ptr<WeightTable> weights, int ranks,
                                       const ModelOptions& options);

}  // namespace flm
