// Operations of a stream, measured where they run.
#pragma once

#include <deque>

#include "engine/backend/operation_clock.h"
#include "engine/cuda/runtime/runtime.h"

namespace flm {

/// An event before and one behind each operation, so that the host waits for none.
class CudaClock : public OperationClock {
 public:
  explicit CudaClock(const Stream& stream) : stream_(stream) {}
  ~CudaClock() override;
  void begin(const std::string& name) override;
  void end() override;
  std::vector<double> take() override;

 private:
  struct Pair {
    Event begin{Event::Timing::kOn}, end{Event::Timing::kOn};
  };
  void close_range();

  const Stream& stream_;
  std::deque<Pair> pairs_;  // made once, used again
  std::size_t ended_ = 0;   // of the operations since take()
  bool open_ = false;
};

}  // namespace flm
