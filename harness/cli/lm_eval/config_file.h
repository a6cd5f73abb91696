// lm-evaluation-harness's --config FILE: a YAML map from long flags to their values.
#pragma once

#include <string>
#include <vector>

#include "harness/cli/lm_eval/flags.h"

namespace flm {

/// A flag with its values, as typed or as a configuration says it.
struct GivenFlag {
  const LmEvalFlag* flag = nullptr;
  std::vector<std::string> values;
};

/// In the order of the file. null, false and empty values are flags that are not given, as there.
/// UserError "FILE:line: KEY ..." for an unknown key or a value that no flag takes.
std::vector<GivenFlag> read_lm_eval_config(const std::string& path);

}  // namespace flm
