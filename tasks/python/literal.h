// ast.literal_eval for what templates render: choices and targets that print as Python literals.
#pragma once

#include <optional>
#include <string_view>

#include "tasks/python/value.h"

namespace flm {

/// The value of a Python literal (None, booleans, numbers, strings, lists, tuples, dicts), or
/// nothing where the text is none.
std::optional<PyValue> python_literal(std::string_view text);

}  // namespace flm
