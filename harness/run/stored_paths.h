// The paths among a stored run's flags: they mean the folder where the run began, wherever it goes
// on.
#pragma once

#include <string>
#include <vector>

#include "harness/cli/options.h"

namespace flm {

/// The flags with their relative paths as seen from `folder`. What may be a name, too (--model,
/// --tasks), is a path where `folder` has such a file or folder. Unchanged where one stands there.
std::vector<TypedFlag> with_paths_from(const std::string& folder, std::vector<TypedFlag> flags);

/// A relative path as seen from `folder`; unchanged where one stands there or `folder` is "".
std::string path_from(const std::string& folder, const std::string& path);

}  // namespace flm
