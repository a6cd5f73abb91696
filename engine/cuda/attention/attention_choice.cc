#include "engine/cuda/attention/attention_choice.h"

#include "base/errors.h"
#include "base/system/environment.h"
#include "engine/cuda/attention/attention.h"

namespace flm {
namespace {

/// Where nothing is asked for. No device has said yet whether the bits are mma.sync's
/// (`flmeval-probe attention`). Where they are, this is all there is to change, with the "-wgmma"
/// of the numerics' name, for results are then the same.
constexpr bool kByDefault = false;

}  // namespace

bool wants_wgmma(const std::string& name, int major, int minor) {
  const std::string text = environment("FLM_CUDA_ATTENTION").value_or("");
  const bool has = major == 9 && minor == 0;
  if (text == "") return kByDefault && has && cuda::built_with_wgmma();
  if (text == "mma") return false;
  if (text != "wgmma")
    throw UserError("FLM_CUDA_ATTENTION takes mma or wgmma, not \"" + text + "\"; unset it");
  if (!has)
    throw UserError("FLM_CUDA_ATTENTION=wgmma needs compute capability 9.0, and " + name + " has " +
                    std::to_string(major) + "." + std::to_string(minor) + "; unset it");
  if (!cuda::built_with_wgmma())
    throw UserError(
        "FLM_CUDA_ATTENTION=wgmma: this build has no kernels for sm_90a; unset it, or build with "
        "90a in FLM_CUDA_ARCHITECTURES");
  return true;
}

}  // namespace flm
