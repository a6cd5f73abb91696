#include "engine/cuda/products/free_gemm.h"

#include <string>
#include <utility>

#include "base/errors.h"
#include "base/system/environment.h"
#include "engine/cuda/products/gemm_search.h"

namespace flm {

bool wants_free_products() {
  return environment_switch("FLM_FREE_PRODUCTS", false,
                            "1 takes the library's first choice, 0 pinned algorithms");
}

FreeGemm::FreeGemm(std::unique_ptr<GemmLibrary> library, const Stream& stream)
    : library_(std::move(library)),
      stream_(stream),
      dense_(stream),
      pool_(stream, DevicePool::Takers::kSameStream),
      workspace_{pool_.acquire(kFreeWorkspace, stream), kFreeWorkspace} {}

FreeGemm::~FreeGemm() { pool_.release(workspace_.memory); }

void FreeGemm::run(const GemmCall& call) {
  dense_.run(call, [this](const GemmCall& promised) {
    library_->run(first_choice(promised), promised, stream_, workspace_);
  });
}

AlgorithmSettings FreeGemm::first_choice(const GemmCall& call) {
  const Key key{call.m, call.n, call.k, call.bf16};
  if (const auto known = chosen_.find(key); known != chosen_.end()) return known->second;
  for (const AlgorithmSettings& settings :
       library_->choices({call.n, call.k, call.bf16}, call.m, kFreeWorkspace)) {
    const std::int64_t bytes = library_->workspace_of(settings, call);
    if (bytes >= 0 && bytes <= kFreeWorkspace) return chosen_[key] = settings;
  }
  throw UserError("cuBLASLt has no algorithm for " + std::to_string(call.m) + " rows of n " +
                  std::to_string(call.n) + ", k " + std::to_string(call.k) +
                  "; unset FLM_FREE_PRODUCTS");
}

}  // namespace flm
