// Where the points of a series stand: steps, tokens, FLOPs, seconds of training.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/tracking.h"

namespace flm {

/// "steps", "tokens", "FLOPs", "hours of training".
std::string name_of(SeriesAxis axis);

/// Seconds of training by the points of the live branch. Between two attempts the clock stands
/// still, and so it does where it was set back.
std::vector<std::optional<double>> seconds_of_training(const TrainingLog& log);

/// Whether the tokens of all points on the line are known and rise from each to the next, so that
/// they can be the place of a fit. (Three printed digits stand still for a while.)
bool tokens_rise(const std::vector<TrackedPoint>& points);

/// Fills tokens (the checkpoint's › the log's › steps × `tokens_per_step`, which is assumed), FLOPs
/// (the trainer's › 6 N tokens), seconds (the log's, without what lies between attempts), and x.
/// Tokens and FLOPs of checkpoints that do not rise with the steps are no counts of all that was
/// done: they are left out, with a warning, and so are those of other sources where both together
/// fall. `parameters`: N of the model, by point; 0 where not known. UserError where a point on the
/// line has no source for the axis that was asked for: it is named, nothing is filled in.
void place_points(std::vector<TrackedPoint>& points, const std::vector<double>& parameters,
                  const TrainingLog* log, const TrackingRequest& request,
                  std::vector<std::string>& warnings);

}  // namespace flm
