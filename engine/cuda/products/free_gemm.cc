#include "engine/cuda/products/free_gemm.h"

#include <cstdlib>
#include <string>
#include <utility>

#include "base/errors.h"
#include "engine/cuda/products/gemm_search.h"

namespace flm {

bool wants_free_products() {
  const char* value = std::getenv("FLM_FREE_PRODUCTS");
  const std::string text = value ? value : "";
  if (text != "" && text != "0" && text != "1")
    throw UserError("FLM_FREE_PRODUCTS takes 0 or 1, not \"" + text + "\"; unset it");
  return text == "1";
}

FreeGemm::FreeGemm(std::unique_ptr<GemmLibrary> library, const Stream& stream)
    : library_(std::move(library)),
      stream_(stream),
      pool_(stream, DevicePool::Takers::kSameStream),
      workspace_{pool_.acquire(kFreeWorkspace, stream), kFreeWorkspace} {}

FreeGemm::~FreeGemm() { pool_.release(workspace_.memory); }

void FreeGemm::run(const GemmCall& call) {
  library_->run(first_choice(call), call, stream_, workspace_);
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
