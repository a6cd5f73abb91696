#include "engine/cuda/runtime/cuda_clock.h"

#include "engine/cuda/runtime/profiler_ranges.h"

namespace flm {

CudaClock::~CudaClock() { close_range(); }

void CudaClock::close_range() {
  if (open_) end_profiler_range();
  open_ = false;
}

void CudaClock::begin(const std::string& name) {
  close_range();
  if (ended_ == pairs_.size()) {
    const DeviceGuard guard(stream_.device());
    pairs_.emplace_back();
  }
  begin_profiler_range(name);
  open_ = true;
  pairs_[ended_].begin.record(stream_);
}

void CudaClock::end() {
  pairs_[ended_++].end.record(stream_);
  close_range();
}

std::vector<double> CudaClock::take() {
  std::vector<double> seconds;
  if (ended_ > 0) pairs_[ended_ - 1].end.wait();
  for (std::size_t i = 0; i < ended_; ++i)
    seconds.push_back(seconds_between(pairs_[i].begin, pairs_[i].end));
  ended_ = 0;
  return seconds;
}

}  // namespace flm
