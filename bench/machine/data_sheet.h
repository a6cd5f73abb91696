// The analytic bound: a row's FLOPs and bytes over the rates of the maker's data sheet.
#pragma once

#include <string>

#include "bench/cases/row.h"

namespace flm::bench {

/// Seconds at data-sheet rates; 0 where the processor is not in data_sheets.yaml.
double data_sheet_seconds(const Row& row, const std::string& processor);

}  // namespace flm::bench
