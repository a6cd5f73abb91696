// Where what can be computed again is kept between runs.
#pragma once

#include <filesystem>

namespace flm {

/// $XDG_CACHE_HOME/flmeval, by default ~/.cache/flmeval; empty where neither variable is set.
std::filesystem::path cache_folder();

}  // namespace flm
