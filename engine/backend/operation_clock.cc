#include "engine/backend/operation_clock.h"

#include <utility>

#include "base/system/clock.h"

namespace flm {
namespace {

class HostClock : public OperationClock {
 public:
  void begin(const std::string&) override { begin_ = monotonic_seconds(); }
  void end() override { seconds_.push_back(monotonic_seconds() - begin_); }
  std::vector<double> take() override { return std::exchange(seconds_, {}); }

 private:
  double begin_ = 0;
  std::vector<double> seconds_;
};

}  // namespace

std::unique_ptr<OperationClock> make_host_clock() { return std::make_unique<HostClock>(); }

}  // namespace flm
