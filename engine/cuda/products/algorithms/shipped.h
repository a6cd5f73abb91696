// Tables of algorithms that were measured on a device (flmeval doctor --tune) and come with the
// program. Empty: no device has been measured yet.
#pragma once

#include <array>
#include <string_view>
#include <utility>

namespace flm {

/// Name of the device and version as in the table's file name, then the file's text.
inline constexpr std::array<std::pair<std::string_view, std::string_view>, 0> kShippedAlgorithms{};

}  // namespace flm
