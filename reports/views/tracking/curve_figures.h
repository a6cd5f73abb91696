// What the views of a series say of a curve, so that all say the same.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "reports/tracking.h"

namespace flm {

/// The curve's value at the last point on the line, and that point; null where it has none there,
/// whatever the points before it have.
struct LastValue {
  const TrackedPoint* point = nullptr;
  const TrackedValue* value = nullptr;
};
std::optional<LastValue> last_value(const TrackedSeries& series, const TrackedCurve& curve);

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

/// What the loss of a step is that is not finite, or of the window that ends there: "NaN", "inf",
/// "-inf".
std::string bad_loss(const TrainingLog& log, std::int64_t step);

/// "6 checkpoints, 5 scored, steps 100 to 600".
std::string extent_of(const TrackedSeries& series);

/// "step_800: incomplete: shard 2 of 4 is missing", one a checkpoint without figures; superseded
/// ones among them. Then what has no value at checkpoints that were scored, checkpoints and figures
/// of one reason in one line: "step_50: bpb, wiki: N/A: 2 of 2 items failed"; a figure inside a
/// group that has none either is not named.
std::vector<std::string> gap_lines(const TrackedSeries& series);

}  // namespace flm
