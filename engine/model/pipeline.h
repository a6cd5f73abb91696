// A model whose layers lie on several devices, one range behind the other.
#pragma once

#include <memory>
#include <vector>

#include "engine/model/model.h"
#include "engine/parallel/shard.h"

namespace flm {

/// The layers of each stage, in order. The head, which the last one computes besides, counts as so
/// many layers as its product costs for a row that is scored: the longest stage is the shortest
/// that there is.
std::vector<Range> stages_of(const ModelConfig& config, int stages);

/// A UserError where there are fewer layers than stages.
void check_stages(const ModelConfig& config, int stages);

/// A stage for each backend, as stages_of has them. Returns as many models as there are
/// stages, all of them the same one: each takes a batch of its own through the stages, one after
/// the other, and where each has one all devices work. Between two stages rows go through the
/// host's memory, so that devices need not reach each other. The bits are those of one device.
/// One caller at a time for each model.
std::vector<std::unique_ptr<Model>> make_pipeline(const ModelConfig& config,
                                                  std::shared_ptr<WeightTable> weights,
                                                  std::vector<std::unique_ptr<Backend>> backends,
                                                  const ModelOptions& options = {});

}  // namespace flm
