// What is made of a curve that is there: noise, spikes, smoothing, extrapolation.
#pragma once

#include "reports/tracking.h"

namespace flm {

/// Of every curve of the series, along its points on the line. Noise and spikes go by tokens where
/// all of these have some, else by steps; smoothing and extrapolation by the axis of the request.
void fit_curves(TrackedSeries& series, const TrackingRequest& request);

}  // namespace flm
