// What a word that a command does not know is called there.
#pragma once

#include <string>
#include <vector>

namespace flm {

/// What to type in place of a flag that other commands have, or that this one calls otherwise:
/// "report", "--output" is "it prints: > FILE". "" where nothing is known.
std::string in_place_of(const std::string& command, const std::string& flag);

/// The flag that a word without one most likely wants: "--series" of `track`, "--run" or "--model"
/// of a folder. "" where none is.
std::string flag_of_word(const std::string& command, const std::string& word);

/// The remedy for a line that has the launcher of lm_eval before it (python -m lm_eval, accelerate
/// launch -m lm_eval ...); "" for any other.
std::string remedy_for_launcher(const std::vector<std::string>& words);

}  // namespace flm
