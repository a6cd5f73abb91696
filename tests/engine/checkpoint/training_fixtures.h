// Where the trainers' checkpoints are, and the broken ones unpacked.
#pragma once

#include <string>

#include "tests/engine/checkpoint/checkpoint_fixtures.h"

namespace flm {

inline std::string training_run(const std::string& name) {
  return std::string(FLM_SHARED_DIR) + "/conformance/training-runs/" + name;
}

}  // namespace flm
