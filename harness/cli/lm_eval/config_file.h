// lm-evaluation-harness's --config FILE: a YAML map from long flags to their values.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/documents/yaml.h"
#include "harness/cli/lm_eval/flags.h"

namespace flm {

/// A flag with its values, as typed or as a configuration says it.
struct GivenFlag {
  const LmEvalFlag* flag = nullptr;
  std::vector<std::string> values;
  std::string place = "";  // FILE:line: KEY of a configuration; "" = typed
};

/// One key of a file of flags.
struct ConfigEntry {
  std::string key;    // as written
  std::string place;  // FILE:line: KEY
  YamlNode value;
};

/// Our flags ("--limit") that a file gave, each with its FILE:line: KEY.
using FlagPlaces = std::map<std::string, std::string>;

/// Notes the flags among words[from...] as given by `place`.
void note_places(const std::vector<std::string>& words, std::size_t from, const std::string& place,
                 FlagPlaces& places);

/// A mapping (or a list) as the JSON text that a flag takes in its place. UserError "PLACE ..."
/// where it names a function.
std::string json_text(const YamlNode& node, const std::string& place);

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
