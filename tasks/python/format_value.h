// Python's format(value, spec), as CPython 3.11 has it.
#pragma once

#include <string>
#include <string_view>

#include "tasks/python/value.h"

namespace flm {

/// `spec`: [[fill]align][sign][z][#][0][width][, or _][.precision][type], "" as str(). ValueError
/// for a spec that the value's type does not take, TypeError for a value that takes none.
std::string python_format_value(const PyValue& value, std::string_view spec);

}  // namespace flm
