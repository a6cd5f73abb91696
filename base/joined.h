// Words in one line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace flm {

/// The parts in their order with `between` between each two.
std::string joined(const std::vector<std::string>& parts, std::string_view between);

}  // namespace flm
