// Why a trainer's checkpoint cannot be read, and whether waiting helps.
#pragma once

#include <string>

#include "base/errors.h"
#include "engine/checkpoint_state.h"

namespace flm {

/// The message is the reason alone, with its culprit; whoever catches it adds the folder.
class CheckpointFault : public UserError {
 public:
  CheckpointFault(Completeness state, const std::string& reason)
      : UserError(reason), state_(state) {}
  Completeness state() const { return state_; }

 private:
  Completeness state_;
};

}  // namespace flm
