#include "engine/cuda/runtime/launch.h"

#include <cuda_runtime_api.h>
#include <cxxabi.h>

#include <memory>
#include <utility>

#include "base/errors.h"
#include "base/system/environment.h"

namespace flm {
namespace {

struct NamedLaunch : Launch {
  const char* name = nullptr;  // the runtime's, mangled
};

/// What this thread launched last. A kernel's fault comes up in a later call that knows of no
/// kernel and no stream, so that nobody can hand the record down to it. It is written by its own
/// thread alone, and nothing but an error's text is made of it.
thread_local NamedLaunch last, before;

/// Taken before the launch: a device that has failed may tell no names.
const char* name_of(const void* kernel) {
  const char* name = nullptr;
  if (!kernel) return name;
  if (cudaFuncGetName(&name, kernel) == cudaSuccess && name) return name;
  (void)cudaGetLastError();  // or the launch would report it
  return "a kernel without a name";
}

std::string demangled(const char* name) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(name, nullptr, nullptr, &status), std::free);
  return status == 0 ? text.get() : name;
}

std::string text_of(const NamedLaunch& launch) {
  if (!launch.kernel) return launch.other.empty() ? "none" : launch.other;
  const auto [x, y, z] = launch.grid;
  return demangled(launch.name) + ", grid " + std::to_string(x) + " x " + std::to_string(y) +
         " x " + std::to_string(z) + ", " + std::to_string(launch.threads) + " threads a block, " +
         std::to_string(launch.shared_bytes) + " bytes of shared memory";
}

void allow_shared_memory(const NamedLaunch& launch) {
  const std::int64_t bytes = launch.shared_bytes;
  constexpr std::int64_t kWithoutAsking = 48 * 1024;
  if (bytes <= kWithoutAsking) return;
  const cudaError_t allowed = cudaFuncSetAttribute(
      launch.kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes));
  if (allowed == cudaErrorInvalidValue) {
    (void)cudaGetLastError();  // or the next launch would report it again
    throw UserError("this GPU lends a block less shared memory than " + demangled(launch.name) +
                    " needs: " + std::to_string(bytes) +
                    " bytes; try --precision fp32, or use --device cpu");
  }
  check_cuda(allowed, "cudaFuncSetAttribute");
}

}  // namespace

void begin_launch(const Launch& launch) {
  before = std::move(last);
  last = {launch, name_of(launch.kernel)};
  allow_shared_memory(last);
}

void end_launch(CudaStream stream) {
  check_cuda(cudaGetLastError(), "launch");
  if (launches_wait() && !records(stream))
    check_cuda(cudaStreamSynchronize(stream), "launch, awaited");
}

bool begins_early() {
  if (!environment_switch("FLM_CUDA_EARLY", true,
                          "1 lets kernels begin early where the device can, 0 does not"))
    return false;
  int device = 0, major = 0;
  check_cuda(cudaGetDevice(&device), "cudaGetDevice");
  check_cuda(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device),
             "cudaDeviceGetAttribute");
  return major == 9 || major == 10;  // others are not known to record such launches in a graph
}

bool launches_wait() {
  return environment_switch("FLM_CUDA_SYNC", false, "1 waits after each launch, 0 does not");
}

std::string last_launch() { return text_of(last); }
std::string launch_before() { return text_of(before); }

}  // namespace flm
