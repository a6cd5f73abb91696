// Jumps of a logged loss away from its own past.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace flm {

/// What counts as a jump. Reports print these beside what was found.
struct LossSpikeThresholds {
  /// The past is the second half of what lies before a point on x, but no fewer and no more values
  /// than these. Without the fewest nothing is judged.
  std::size_t fewest = 8, most = 64;
  /// A spike begins above median + deviations x (1 + small_sample / values) x spread. The second
  /// factor is for the error of a spread of few values: with both no spike is found in 300 curves
  /// of 400 values of normal noise, in 2 where neighbours correlate with 0.9.
  double deviations = 6, small_sample = 8;
  /// The spread is at least this share of the median: a loss that is printed with three digits
  /// stands still most of the time.
  double least_spread = 0.002;
  /// It has recovered where so many values in a row lie within so many spreads of the median before
  /// it (at the end of the log fewer in a row will do).
  double recovered_within = 3;
  std::size_t recovered_values = 3;
  /// After so many values without recovery what came after is the new past, so that a later jump is
  /// seen; the spike stays "not recovered" until it is.
  std::size_t patience = 64;
};

/// One jump; indices into the values.
struct Spike {
  std::size_t at = 0;
  double before = 0, spread = 0;         // median and robust standard deviation before it
  double peak = 0;                       // the largest until it recovered or was given up
  std::optional<std::size_t> recovered;  // the first of the values that were back
};

/// `x` ascending, as long as `y`. The spread is the larger of two: 1.4826 times the median absolute
/// deviation, and the same of neighbours' differences over sqrt(2); a falling curve widens the
/// first. Values that are not finite are passed over.
std::vector<Spike> find_spikes(const std::vector<double>& x, const std::vector<double>& y,
                               const LossSpikeThresholds& thresholds = {});

}  // namespace flm
