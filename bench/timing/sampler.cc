#include "bench/timing/sampler.h"

#include <sys/resource.h>

#include <algorithm>
#include <cmath>

#include "base/system/clock.h"
#include "bench/results/statistics.h"

namespace flm::bench {
namespace {

constexpr double kMostWarmUpSeconds = 2, kStable = 0.01;
constexpr int kLeastWarmUpRuns = 3;

long involuntary_switches() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_nivcsw;
}

/// Calls in turn, restoring the buffers of operations that allow few runs.
class Turns {
 public:
  Turns(Case& work, int copies, double slowdown)
      : work_(work),
        copies_(copies),
        slowdown_(slowdown),
        runs_(static_cast<std::size_t>(copies)) {}

  void restore(int seed) {
    for (int copy = 0; copy < copies_; ++copy) work_.restore(copy, seed);
    std::fill(runs_.begin(), runs_.end(), 0);
  }

  /// Seconds of `count` runs together.
  double timed(int count, int seed) {
    if (most_left() < count) restore(seed);
    const double begin = monotonic_seconds();
    for (int i = 0; i < count; ++i) {
      next_ = next_ + 1 == copies_ ? 0 : next_ + 1;
      work_.run(next_);
      ++runs_[static_cast<std::size_t>(next_)];
    }
    work_.wait();
    const double end = monotonic_seconds();
    if (slowdown_ == 0) return end - begin;
    const double until = end + (end - begin) * slowdown_;
    while (monotonic_seconds() < until) {
    }
    return monotonic_seconds() - begin;
  }

  int most_per_sample() const {
    return work_.most_runs() >= (1 << 20) ? 1 << 20 : work_.most_runs() * copies_;
  }
  int last_copy() const { return next_; }
  int last_runs() const { return runs_[static_cast<std::size_t>(next_)]; }

 private:
  int most_left() const {
    if (work_.most_runs() >= (1 << 20)) return 1 << 20;
    int left = 0;
    for (int runs : runs_) left += work_.most_runs() - runs;
    return left;
  }

  Case& work_;
  int copies_;
  double slowdown_;
  std::vector<int> runs_;
  int next_ = -1;
};

/// Runs until two windows in a row agree; returns the seconds of one run.
double warm_up(Turns& turns, const SamplerSettings& settings, int seed, double* spent) {
  const double begin = monotonic_seconds();
  const double window = settings.warm_up_seconds / 4;
  const double most = std::min(kMostWarmUpSeconds, settings.most_seconds / 4);
  double before = 0, now = 0;
  int runs = 0;
  while (true) {
    double window_seconds = 0;
    int window_runs = 0;
    while (window_seconds < window || window_runs == 0) {
      window_seconds += turns.timed(1, seed);
      ++window_runs;
      if (monotonic_seconds() - begin > most) break;
    }
    runs += window_runs;
    before = now;
    now = window_seconds / window_runs;
    *spent = monotonic_seconds() - begin;
    const bool stable = std::abs(now - before) <= kStable * now;
    const bool enough = runs >= kLeastWarmUpRuns && *spent >= settings.warm_up_seconds;
    if ((enough && stable) || (*spent >= most && runs >= 1)) return now;
  }
}

void summarise(Samples& samples) {
  std::vector<double> sorted = samples.seconds;
  std::sort(sorted.begin(), sorted.end());
  samples.median = quantile(sorted, 0.5);
  samples.q1 = quantile(sorted, 0.25);
  samples.q3 = quantile(sorted, 0.75);
  samples.least = sorted.front();
  samples.half_width = relative_half_width(sorted);
}

}  // namespace

Sampled sample(Case& work, int copies, const SamplerSettings& settings, int last_seed) {
  const double begin = monotonic_seconds();
  Sampled result;
  Samples& samples = result.samples;
  Turns turns(work, copies, settings.slowdown);
  turns.restore(last_seed);
  const double one = warm_up(turns, settings, last_seed, &samples.warm_up_seconds);
  samples.runs_per_sample =
      static_cast<int>(std::clamp(std::ceil(settings.sample_seconds / std::max(one, 1e-9)), 1.0,
                                  static_cast<double>(turns.most_per_sample())));
  const long switches = involuntary_switches();
  const auto take = [&] {
    samples.seconds.push_back(turns.timed(samples.runs_per_sample, last_seed) /
                              samples.runs_per_sample);
  };
  double timed = 0;
  std::size_t next_look = static_cast<std::size_t>(settings.least_samples) - 1;
  while (samples.stopped_by.empty()) {
    take();
    timed += samples.seconds.back() * samples.runs_per_sample;
    if (samples.seconds.size() >= next_look && timed >= settings.least_seconds) {
      summarise(samples);
      if (samples.half_width <= settings.half_width) samples.stopped_by = "interval";
      next_look = samples.seconds.size() + samples.seconds.size() / 10 + 1;
    }
    if (monotonic_seconds() - begin >= settings.most_seconds && samples.stopped_by.empty())
      samples.stopped_by = "wall";
  }
  turns.restore(last_seed);  // what the last sample leaves must be its own work
  take();
  samples.switches = involuntary_switches() - switches;
  summarise(samples);
  samples.wall_seconds = monotonic_seconds() - begin;
  result.last_copy = turns.last_copy();
  result.last_runs = turns.last_runs();
  return result;
}

}  // namespace flm::bench
