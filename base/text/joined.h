// Words in one line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace flm {

/// The parts in their order with `between` between each two.
std::string joined(const std::vector<std::string>& parts, std::string_view between);

/// "a, b and c"
std::string enumerated(const std::vector<std::string>& parts);

/// "a, b and 7 more": the first `most` of the parts, all of them where there are no more.
std::string first_few(const std::vector<std::string>& parts, std::size_t most);

}  // namespace flm
