// Names out of foreign files, fit for an error message.
#pragma once

#include <string>
#include <string_view>

namespace flm {

/// Control characters become '?'; of more than 200 bytes the beginning and the length remain.
std::string printable(std::string_view foreign);

}  // namespace flm
