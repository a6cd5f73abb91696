// The roofline picture: work per byte against speed, under the measured roofs.
#pragma once

#include <string>

#include "bench/results/result_file.h"

namespace flm::bench {

/// An SVG document of its own, no script: log-log, machine and date above, the roofs of one and of
/// all threads, a mark a row, coloured by operation, with the row as its tooltip and beside it,
/// where the marks are few enough to be read, what tells it from the others of its operation. Rows
/// without FLOPs are left out and counted in the caption.
std::string roofline_svg(const ResultFile& file);

}  // namespace flm::bench
