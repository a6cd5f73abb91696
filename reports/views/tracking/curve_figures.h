// What the views of a series say of a curve, so that all say the same.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "reports/tracking.h"

namespace flm {

/// The last point on the line that has a value, and the one before it.
struct LastValues {
  std::size_t last = 0;
  std::optional<std::size_t> before;
};
/// Null where the curve has no value on the line.
std::optional<LastValues> last_values(const TrackedSeries& series, const TrackedCurve& curve);

/// Digits after the point that the error of the change leaves two significant ones; without a
/// change, that of the value.
int decimals_of(const TrackedValue& value);

/// "bpb ↓"; with the filter where it says something. `protocol`: what "bpb" stands for.
std::string metric_text(const TrackedCurve& curve, const std::string& protocol);

/// The one protocol of bits per byte in the series; "" where there is none or several.
std::string only_protocol(const TrackedSeries& series);

/// The curve in at most `width` block characters, the highest value the tallest; a space where
/// there is no value. Of several points in one character the last counts.
std::string block_plot(const TrackedSeries& series, const TrackedCurve& curve, std::size_t width);

/// "6 checkpoints, 5 scored, steps 100 to 600".
std::string extent_of(const TrackedSeries& series);

/// "step_800: incomplete: shard 2 of 4 is missing", one a checkpoint without figures; superseded
/// ones among them.
std::vector<std::string> gap_lines(const TrackedSeries& series);

}  // namespace flm
