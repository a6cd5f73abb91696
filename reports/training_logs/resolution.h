// What a log says of its own fineness: the distance of its steps, and the digits of its losses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reports/training_log.h"

namespace flm {

/// The most frequent distance between steps with a loss; 1 where there are fewer than two.
std::int64_t step_distance(const std::vector<TrainingPoint>& points);

/// For people: what a logged loss stands for where steps lie `distance` apart. "" for every step.
std::string averaging_of(const std::string& format, std::int64_t distance);

/// Half a unit of the last digit among the last losses; nothing where they have more than seven
/// digits behind the point, as a float or double has.
std::optional<double> loss_resolution(const std::vector<TrainingPoint>& points);

}  // namespace flm
