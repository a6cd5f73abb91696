// What a call complains of.
#pragma once

#include <string>

#include "base/errors.h"

namespace flm {

/// The text of the UserError that `f` throws, or "no error".
template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const UserError& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace flm
