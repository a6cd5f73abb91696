// What rows were measured to take, as Google Benchmark's JSON.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "bench/cases/row.h"
#include "bench/machine/ceilings.h"
#include "bench/machine/machine.h"
#include "bench/timing/sampler.h"

namespace flm::bench {

inline constexpr char kStopped[] = "stopped";  // error of a repetition that was not begun

/// Verdict and figures of one repetition of a row.
struct Repetition {
  std::string
      error;  // INCORRECT: ... | INVALID: ... | skipped: ... | kStopped; empty: it has times
  int copies = 1;
  Samples samples;
  Check check;
};

/// One benchmark a row and one run a repetition (`measured[row][repetition]`; every row has as
/// many), manual time in the unit of a call. All floors are of `ceilings`, which are those of the
/// context too: what was seen by the end. `facts` join the context.
std::string google_json(const std::vector<Row>& rows,
                        const std::vector<std::vector<Repetition>>& measured,
                        const Ceilings& ceilings, const Machine& machine,
                        const std::map<std::string, std::string>& facts);

/// The command that runs one row alone.
std::string repro_of(const std::string& name);

}  // namespace flm::bench
