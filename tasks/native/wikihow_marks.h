// HellaSwag's texts from WikiHow.
#pragma once

#include <string>

namespace flm {

/// WikiHow's marks go: " [title]" ends a sentence, other brackets vanish, one pass over double
/// spaces.
std::string without_wikihow_marks(const std::string& text);

}  // namespace flm
