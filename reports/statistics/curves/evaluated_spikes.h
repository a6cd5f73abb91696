// Checkpoints whose figure jumps for the worse, beyond what items and checkpoints scatter.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace flm {

/// A checkpoint on the line of a curve.
struct CurveStep {
  double x = 0;                  // ascending
  double value = 0;              // of its figure
  std::optional<double> change;  // since the one before, paired over the same items
  std::optional<double> change_stderr;
};

struct EvaluatedSpikeThresholds {
  double paired_errors = 3;          // of the change
  double deviations = 4;             // from the line through what came before
  std::size_t least = 4, most = 20;  // points of that line
  double factor = 4;                 // they reach down to x / factor where there are so many
};

struct FoundSpike {
  std::size_t at = 0;  // index of the step
  double size = 0;     // the change
  double paired_errors = 0, deviations = 0;
  std::optional<std::size_t> recovered;  // the first later step that is back at the old level
};

/// A jump is for the worse and beyond both thresholds. Deviations are those of the points before it
/// around a line in log x (the larger of 1.4826 MAD and their standard deviation, with n - 2
/// degrees of freedom), times how well the line is known at the new place. What lies between a
/// spike and its recovery is no past for another one; where it lasts for more than `least` points
/// these are the new past. A step is back where it is worse than the value before the jump by at
/// most `deviations` of them. Points whose x is not above 0 are in no line.
std::vector<FoundSpike> find_spikes(const std::vector<CurveStep>& steps, bool higher_is_better,
                                    const EvaluatedSpikeThresholds& thresholds = {});

}  // namespace flm
