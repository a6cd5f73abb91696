// What a call complains of.
#pragma once

#include <string>

#include "base/errors.h"

namespace flm {

/// The text of the UserError that `action` throws; "" if it throws none. Other exceptions pass
/// through.
template <class Action>
std::string error_of(const Action& action) {
  try {
    action();
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

}  // namespace flm
