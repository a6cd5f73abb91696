// What the GPU backend loads on first use.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace flm {

/// The libraries by short names: version and file of each, or why it cannot be loaded. Empty: a
/// build without that backend.
std::vector<std::pair<std::string, std::string>> gpu_libraries();

}  // namespace flm
