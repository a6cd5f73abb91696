// The table of filters, in four parts: on one value, on sequences, for layout, for HTML.
#pragma once

#include <map>
#include <string>

#include "tasks/jinja/runtime.h"

namespace flm {

using JinjaFilter = PyValue (*)(JinjaRuntime&, const PyValue& input, const PyArguments&);
using JinjaFilters = std::map<std::string, JinjaFilter, std::less<>>;

const JinjaFilters& jinja_value_filters();
const JinjaFilters& jinja_sequence_filters();
const JinjaFilters& jinja_layout_filters();
const JinjaFilters& jinja_markup_filters();

}  // namespace flm
