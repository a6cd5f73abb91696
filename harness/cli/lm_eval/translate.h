// lm-evaluation-harness's command lines in this program's words.
#pragma once

#include <string>
#include <vector>

#include "harness/cli/lm_eval/config_file.h"

namespace flm {

struct TranslatedLine {
  std::vector<std::string> words;        // what the parser reads
  std::vector<std::string> notes;        // for stderr: what was given and changes nothing here
  std::vector<ConfigEntry> others = {};  // keys of --config that lm_eval does not have
  FlagPlaces places = {};                // of the words that --config gave
  LmEvalTyped typed = {};
};

/// `words` are argv without the program. `lm_eval` in front is dropped, flags without a command are
/// `run`'s, and in the commands that choose tasks every flag of `lm_eval run` is written as ours,
/// or noted, or refused by a UserError. Words that lm_eval does not know stay as they are.
TranslatedLine translate_lm_eval(std::vector<std::string> words);

}  // namespace flm
