// A file that ends too early or is not there: being written, or cut off.
#pragma once

#include "base/errors.h"

namespace flm {

/// Whoever waits for a checkpoint may look again later.
class TornFile : public UserError {
 public:
  using UserError::UserError;
};

}  // namespace flm
