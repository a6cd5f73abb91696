// "did you mean ...?"
#pragma once

#include <string>
#include <vector>

namespace flm {

/// The known name with the fewest edits to `typed` (exchanged neighbours are one, another beginning
/// is one more, capital letters are none); "" where the nearest differs in more than two of five
/// letters.
std::string nearest_name(const std::string& typed, const std::vector<std::string>& known);

}  // namespace flm
