// Whether the layers of a model go over several devices where nobody said so.
#pragma once

#include <string>

#include "engine/engine.h"
#include "engine/local_models.h"

namespace flm {

struct StagesChoice {
  EngineOptions options;  // with the number of stages
  std::string reason;     // for people; empty: nothing was chosen
};

/// Where several GPUs are named that do not reach each other, so that one copy of the weights
/// cannot be read from the others, and one of them does not hold the model beside the rows: the
/// fewest stages of which each fits its GPU. What was typed of replicas, ranks, stages or placement
/// stays.
StagesChoice choose_stages(const EngineOptions& options, const ModelFiles& files);

}  // namespace flm
