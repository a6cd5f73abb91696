// What --strict does not let pass: figures that prove nothing.
#pragma once

#include <string>
#include <vector>

#include "bench/results/compare.h"
#include "bench/results/result_file.h"

namespace flm::bench {

/// busy_note of the machine when the measurement began; empty: quiet, or unknown.
std::string busy_warning(const ResultFile& file);

/// What a reader must know ahead of the figures, a line each: busy_warning, that it was stopped,
/// and that rows were made slower.
std::vector<std::string> warnings_of(const ResultFile& file);

/// Warnings, rows whose interval stayed wide; a line each.
std::vector<std::string> strict_faults(const ResultFile& results);
/// AMBIGUOUS rows, rows that one side alone has; a line each.
std::vector<std::string> strict_faults(const ResultComparison& comparison);

}  // namespace flm::bench
