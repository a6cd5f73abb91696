// lm-evaluation-harness's --config FILE: a YAML map from long flags to their values.
#pragma once

#include <string>
#include <vector>

#include "base/documents/yaml.h"
#include "harness/cli/lm_eval/flags.h"

namespace flm {

/// A flag with its values, as typed or as a configuration says it.
struct GivenFlag {
  const LmEvalFlag* flag = nullptr;
  std::vector<std::string> values;
};

/// One key of a file of flags.
struct ConfigEntry {
  std::string key;    // as written
  std::string place;  // FILE:line: KEY
  YamlNode value;
};

/// In the order of the file. UserError where it is no map.
std::vector<ConfigEntry> read_config_entries(const std::string& path);

/// What lm-evaluation-harness knows of such a file; null, false and empty values are flags that are
/// not given, as there. UserError "FILE:line: KEY ..." for a value that a flag does not take.
struct LmEvalConfig {
  std::vector<GivenFlag> given;
  std::vector<ConfigEntry> others;  // keys that it does not know
};
LmEvalConfig read_lm_eval_config(const std::string& path);

}  // namespace flm
