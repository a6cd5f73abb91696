// Tensor parallel inside one process: N rank models behind the face of one.
#pragma once

#include <memory>
#include <vector>

#include "engine/model/model.h"

namespace flm {

/// Every call runs on all ranks, each on its own thread; rank 0's result is returned. The first
/// error of any rank wakes the others and is thrown. A rank for each backend.
std::unique_ptr<Model> make_rank_group(const ModelConfig& config,
                                       std::shared_ptr<WeightTable> weights,
                                       std::vector<std::unique_ptr<Backend>> backends,
                                       const ModelOptions& options = {});

}  // namespace flm
