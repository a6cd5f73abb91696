#include "harness/track/waiting.h"

#include <algorithm>
#include <cmath>

namespace flm {
namespace {

constexpr double kPause = 10;          // seconds between two looks
constexpr double kLongest = 6;         // pauses that the longest pause lasts
constexpr double kLongestRetry = 360;  // pauses between two tries at most
constexpr double kLookShare = 5;       // looks that fit between two of them
constexpr double kClockError = 60;     // seconds between our clock and a file server's

}  // namespace

Waiting::Waiting(double settle)
    : settle_(settle),
      shortest_(settle > 0 ? std::clamp(settle / 3, 0.02, kPause) : kPause),
      pause_(shortest_) {}

double Waiting::left(const CheckpointState& checkpoint, const CheckpointFiles& files, double now,
                     double age) {
  const std::string identity = files.identity();
  Seen& seen = seen_[files.folder];
  if (seen.identity != identity) seen = {identity, now};
  double left = checkpoint.marked_whole ? 0 : settle_ - (now - seen.since);
  if (age >= settle_ + kClockError) left = 0;  // it lay there before we came
  const auto failure = failures_.find(files.folder);
  if (failure != failures_.end() && failure->second.identity == identity)
    left = std::max(left, failure->second.again - now);
  return std::max(left, 0.0);
}

void Waiting::failed(const CheckpointFiles& files, double now) {
  Failure& failure = failures_[files.folder];
  const std::string identity = files.identity();
  failure.times = failure.identity == identity ? failure.times + 1 : 1;
  failure.identity = identity;
  const double pauses = std::min(kLongest * std::exp2(failure.times - 1), kLongestRetry);
  failure.again = now + shortest_ * pauses;
}

void Waiting::looked(double now, double took) {
  looked_ = now;
  took_ = took;
}

bool Waiting::look_is_due(double now) const { return now - looked_ >= kLookShare * took_; }

double Waiting::pause(bool news) {
  pause_ = news ? shortest_ : std::min(pause_ * 1.5, shortest_ * kLongest);
  return std::max(pause_, kLookShare * took_);
}

}  // namespace flm
