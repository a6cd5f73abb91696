// Words of commands that are printed for people to type.
#pragma once

#include <string>

namespace flm {

/// The word as a POSIX shell reads it back: in single quotes where it must be.
std::string shell_word(const std::string& word);

}  // namespace flm
