// The marks that WikiHow left in HellaSwag, and the functions made after HellaSwag's.
#pragma once

#include <string>

namespace flm {

/// Stripped; " [title]" ends a sentence, other brackets vanish, one pass over double spaces.
std::string without_wikihow_marks(const std::string& text);

}  // namespace flm
