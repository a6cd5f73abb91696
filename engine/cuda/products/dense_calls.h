// Calls whose operands lie otherwise than a library of products was promised: the columns of a rank
// among those of all, say.
#pragma once

#include <functional>
#include <map>
#include <tuple>

#include "engine/cuda/products/gemm.h"
#include "engine/cuda/runtime/device_pool.h"

namespace flm {

/// Rows of such a call that are computed at a time, in memory of their own: 4 bytes for each output
/// of each, once for each (n, k) that is met.
inline constexpr std::int64_t kDenseRows = 512;

class DenseCalls {
 public:
  /// `stream` is the one that runs everything.
  explicit DenseCalls(const Stream& stream);
  ~DenseCalls();
  DenseCalls(const DenseCalls&) = delete;
  DenseCalls& operator=(const DenseCalls&) = delete;

  /// `compute` gets the call as it is where lies_as_promised(), else parts of its rows with dense
  /// operands; what they leave is copied to where the call wants it.
  void run(const GemmCall& call, const std::function<void(const GemmCall&)>& compute);

 private:
  struct Room {
    void *a = nullptr, *c = nullptr;  // [kDenseRows, k], [kDenseRows, n]; null until they are met
  };
  using Key = std::tuple<std::int64_t, std::int64_t, bool>;  // n, k, bf16
  void run_part(const GemmCall& call, Room& room,
                const std::function<void(const GemmCall&)>& compute);

  const Stream& stream_;
  DevicePool pool_;
  std::map<Key, Room> rooms_;  // where they are, recorded steps find them
};

}  // namespace flm
