// "did you mean ...?"
#pragma once

#include <string>
#include <vector>

namespace flm {

/// The known name nearest to `name` by edit distance; "" where none is near.
std::string nearest_name(const std::string& name, const std::vector<std::string>& known);

}  // namespace flm
