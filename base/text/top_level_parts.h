// KEY=VALUE,KEY=VALUE as lm-evaluation-harness splits it.
#pragma once

#include <string>
#include <vector>

namespace flm {

/// The parts between commas that stand outside of brackets and quotes, without empty ones
/// (lm_eval/_cli/utils.py, split_top_level). A quote that does not close reaches to the end.
std::vector<std::string> top_level_parts(const std::string& text);

}  // namespace flm
