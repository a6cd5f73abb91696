#include "engine/backend/operation_log.h"

#include <algorithm>
#include <tuple>

namespace flm {

void OperationLog::add(const std::string& operation, double seconds, double bytes, double flops,
                       bool beside) {
  const std::lock_guard lock(mutex_);
  OperationTime& sum = operations_[operation];
  sum.name = operation;
  sum.beside = beside;
  ++sum.calls;
  sum.seconds += seconds;
  sum.bytes += bytes;
  sum.flops += flops;
}

void OperationLog::add_plain_step() {
  const std::lock_guard lock(mutex_);
  ++plain_steps_;
}

OperationTimes OperationLog::times() const {
  const std::lock_guard lock(mutex_);
  OperationTimes times;
  times.plain_steps = plain_steps_;
  for (const auto& [name, sum] : operations_) times.operations.push_back(sum);
  std::stable_sort(times.operations.begin(), times.operations.end(),
                   [](const OperationTime& a, const OperationTime& b) {
                     return std::tuple(a.beside, -a.seconds) < std::tuple(b.beside, -b.seconds);
                   });
  return times;
}

}  // namespace flm
