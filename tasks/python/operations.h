// Operators, indexing and slicing with Python's rules and messages. An undefined operand raises
// UndefinedError.
#pragma once

#include <optional>
#include <string>

#include "tasks/python/value.h"
#include "tasks/python/work_meter.h"

namespace flm {

/// a OP b for + - * / // % **.
PyValue python_binary(PyWorkMeter& meter, const std::string& op, const PyValue& a,
                      const PyValue& b);
PyValue python_negative(const PyValue& a);

/// object[key] of a dict, list, tuple or str; nothing where it has no such element.
std::optional<PyValue> python_element(const PyValue& object, const PyValue& key);
/// object[start:stop:step]; None where absent.
PyValue python_slice(PyWorkMeter& meter, const PyValue& object, const PyValue& start,
                     const PyValue& stop, const PyValue& step);

}  // namespace flm
