// What `flmeval bench` does: list, run, compare. Each prints its result on stdout, and what a
// reader must know on stderr.
#pragma once

#include "bench/options.h"

namespace flm::bench {

int list_rows(BenchOptions& options);
/// 1 where a row failed; an IncompleteError where it was stopped, behind what it printed and wrote.
int run_and_report(BenchOptions& options);
/// 1 where something became slower.
int compare_sides(BenchOptions& options);

}  // namespace flm::bench
