// Where lm-evaluation-harness's recorded runs and units lie.
#pragma once

#include <filesystem>
#include <string>

namespace flm {

/// Path below the folder of recorded runs.
inline std::string golden_path(const std::string& name) {
  return std::string(FLM_SHARED_DIR) + "/conformance/lm-eval/" + name;
}

/// Whether the recorded runs are here.
inline bool have_goldens() { return std::filesystem::exists(golden_path("README.md")); }

}  // namespace flm
