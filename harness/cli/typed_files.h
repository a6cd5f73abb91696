// Files and folders that flags name, looked at before any work begins.
#pragma once

#include <string>
#include <vector>

#include "harness/cli/options.h"

namespace flm {

/// UserError "FLAG: ..." where a file or folder that is read is not there or of the other kind, or
/// where one that will be written has no place to be. An empty value is a flag that is not given.
void check_typed_files(const std::string& command, const std::vector<TypedFlag>& typed);

}  // namespace flm
