// A fault of the store itself.
#pragma once

#include "base/errors.h"

namespace flm {

/// What was to be stored is not at fault: the disk is full, the file is gone, damaged or cannot be
/// written. Whatever comes next would meet it, too.
class StoreError : public UserError {
 public:
  using UserError::UserError;
};

}  // namespace flm
