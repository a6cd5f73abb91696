// Products as the library likes them, for comparison alone: what pinned algorithms cost.
#pragma once

#include <map>
#include <memory>
#include <tuple>

#include "engine/cuda/products/dense_calls.h"
#include "engine/cuda/products/gemm_library.h"
#include "engine/cuda/runtime/device_pool.h"

namespace flm {

/// Whether FLM_FREE_PRODUCTS=1 is set. A row's bits then depend on its company, and the numerics
/// are named so. A UserError where it is set to anything but 0 or 1.
bool wants_free_products();

/// The library's first choice for each number of rows, with workspace and any split.
class FreeGemm : public Gemm {
 public:
  /// `stream` is the one that runs everything.
  FreeGemm(std::unique_ptr<GemmLibrary> library, const Stream& stream);
  ~FreeGemm() override;
  void run(const GemmCall& call) override;

 private:
  using Key = std::tuple<std::int64_t, std::int64_t, std::int64_t, bool>;  // m, n, k, bf16
  AlgorithmSettings first_choice(const GemmCall& call);

  const std::unique_ptr<GemmLibrary> library_;
  const Stream& stream_;
  DenseCalls dense_;
  DevicePool pool_;
  const GemmWorkspace workspace_;  // one for all: calls follow each other on the stream
  std::map<Key, AlgorithmSettings> chosen_;
};

}  // namespace flm
