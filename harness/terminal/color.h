// Whether what people read on stdout is coloured.
#pragma once

#include <string>

namespace flm {

/// `mode`: always, never, or auto, which is on a terminal that is not dumb, unless the environment
/// has NO_COLOR (no-color.org: present and not empty). What is typed wins over the environment.
bool wants_color(const std::string& mode);

}  // namespace flm
