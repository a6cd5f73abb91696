// The numbers behind the charts: a table for each curve, the checkpoints, heat maps, a sweep.
#pragma once

#include <string>

#include "reports/html/curves/curves.h"

namespace flm {

/// Digits that the errors of the curve's last point leave.
int digits_of(const Curve& curve);

/// A table for each curve: points and gaps in the order of the first axis.
std::string number_tables(const Curves& curves);

/// Where each checkpoint stands on every axis, its state, weights and path.
std::string checkpoint_table(const Curves& curves);

/// Curves over checkpoints, in six steps within each row; of several series also series over
/// tasks, by their last values.
std::string heat_maps(const Curves& curves);

/// The table of a sweep, "" where there is none.
std::string sweep_table(const Curves& curves);

}  // namespace flm
