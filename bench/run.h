// Runs rows: verified, timed by our sampler, verified again; Google Benchmark writes the figures.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/progress.h"
#include "bench/cases/row.h"
#include "bench/machine/ceilings.h"
#include "bench/timing/sampler.h"
#include "engine/backend/operation_log.h"

namespace flm::bench {

struct RunSettings {
  SamplerSettings sampler;
  int repetitions = 1;          // each verified and sampled on its own
  std::string slowdown_rows;    // regular expression: rows that settings.sampler.slowdown slows
  bool ceilings_beside = true;  // measure a row's ceilings again beside it
  double memory_bytes = 1e18;   // rows that need more are skipped
  std::shared_ptr<OperationLog> operation_log = nullptr;  // null: nothing is measured beside
  double budget_seconds = 0;  // of all rows together: each gets its share of what is left; 0: none
  std::function<bool()> stopped = [] { return false; };  // rows behind it are left out
};

/// Google Benchmark's JSON of the rows (google_json.h). The repetitions of a row are spread over
/// the whole run, every row once before any a second time, each in buffers of its own: what lasts
/// for seconds, a neighbour's work or where memory lies, then parts the repetitions of a row, as it
/// parts two runs, in place of all of them together. A row that is wrong, impossibly fast or
/// skipped has no time but an error:
///   INCORRECT: ... | INVALID: ... | skipped: ...
/// Of a run that was stopped what was measured, and in its context how much is not.
std::string run_rows(const std::vector<Row>& rows, CeilingMeter& ceilings, const Machine& machine,
                     const RunSettings& settings, Progress& progress);

/// Seconds that the rows take on a quiet machine, and where every row is sampled until its wall
/// cap.
struct Estimate {
  double quiet = 0, most = 0;
};
Estimate estimate_of(const std::vector<Row>& rows, const Ceilings& ceilings, const Machine& machine,
                     const RunSettings& settings);

/// Copies of a row's buffers: cold rows rotate through more than 3 x the last cache.
int copies_of(const Row& row, const Machine& machine);

}  // namespace flm::bench
