// Stands in for attention_wgmma.cu in a build without kernels for sm_90a.
#include "base/errors.h"
#include "engine/cuda/attention/attention.h"

namespace flm::cuda {

bool built_with_wgmma() { return false; }

void attention_wgmma(CudaStream, const AttentionArgs&, const QueryTiles&, const KvSegment*,
                     const SpanBlocks&, const Rotation&) {
  FLM_CHECK(false, "wants_wgmma refuses it");
}

}  // namespace flm::cuda
