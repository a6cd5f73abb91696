// Stands in for the CUDA backend in a build without it.
#include "base/errors.h"
#include "engine/cuda/cuda_backend.h"
#include "engine/cuda/cuda_ceilings.h"
#include "engine/cuda/cuda_cost.h"
#include "engine/cuda/cuda_device.h"
#include "engine/cuda/tune.h"

namespace flm {
namespace {

[[noreturn]] void refuse() {
  throw UserError(
      "--device cuda: this build has no CUDA backend; install the package flmeval-cuda in its "
      "place, "
      "build with cmake --preset cuda (needs nvcc), or use --device cpu");
}

}  // namespace

CudaDevice inspect_cuda_device(int) { refuse(); }
bool cuda_devices_reach_each_other(const std::vector<int>&) { refuse(); }
std::unique_ptr<Backend> make_cuda_backend(const CudaOptions&, std::unique_ptr<Backend>) {
  refuse();
}
std::shared_ptr<LockedWeights> make_locked_weights(std::int64_t) { refuse(); }
std::string cuda_numerics(const CudaOptions&, int) { refuse(); }
std::string cuda_gathers(int, int) { refuse(); }
std::vector<std::pair<std::string, std::string>> cuda_libraries() { return {}; }
std::string tune_cuda(const ModelConfig&, const CudaOptions&) { refuse(); }
CudaCeilings measure_cuda_ceilings(int, const CeilingSizes&) { refuse(); }
ModelCost cuda_cost_of(const ModelConfig&, int, bool, int) { refuse(); }

}  // namespace flm
