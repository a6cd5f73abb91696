// Methods of str, list, tuple, dict and float. Those that change their object are refused: what a
// template reads is shared.
#pragma once

#include <optional>
#include <string>

#include "tasks/python/value.h"
#include "tasks/python/work_meter.h"

namespace flm {

/// The method of this name bound to `object`, if it has one. The meter outlives what is returned.
std::optional<PyValue> python_method(PyWorkMeter& meter, const PyValue& object,
                                     const std::string& name);

}  // namespace flm
