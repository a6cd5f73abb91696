// Sentences about a series that all views share: its log, spikes, what was extrapolated.
#pragma once

#include <string>
#include <vector>

#include "reports/tracking.h"

namespace flm {

/// How the numbers are made: both noises, thresholds of spikes, the axis and its sources.
std::vector<std::string> method_remarks(const Tracking& tracking);

/// What the trainer's log says: where it went on, what it lost, NaN and skipped steps, spikes of
/// the loss, how it averages. Empty without a log.
std::vector<std::string> log_remarks(const TrackedSeries& series);

/// One line a checkpoint at which main figures jump, with the one that does so most.
std::vector<std::string> spike_remarks(const TrackedSeries& series);

/// One line a curve that was to be extrapolated, or why it was not.
std::vector<std::string> extrapolation_remarks(const TrackedSeries& series,
                                               const TrackingRequest& request);

/// Main figures that are tokens per byte beside bits per byte: what joins a loss per token to them.
std::vector<std::string> token_remarks(const TrackedSeries& series);

}  // namespace flm
