// What the operating system says no to, as the sentence that a user reads.
#pragma once

#include <string>

#include "base/errors.h"

namespace flm {

/// "cannot WHAT PATH: the system's reason; what mends it". `what` is a verb ("read", "write", "read
/// the folder"), `path` may be empty where nobody knows it, `error` is an errno.
UserError system_error(const std::string& what, const std::string& path, int error);

/// What a user can do about an errno, as the end of a sentence: "free some space or give another
/// path"; `place` is the flag that names it, where there is one.
std::string remedy_of(int error, const std::string& place = "path");

}  // namespace flm
