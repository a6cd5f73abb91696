// The calls of the runtime about graphs.
#include <mutex>
#include <stdexcept>
#include <utility>

#include "tests/engine/cuda/emulation/cuda_runtime_api.h"
#include "tests/engine/cuda/emulation/emulated_device.h"

using namespace flm::emulation;

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  const std::lock_guard lock(device().mutex);
  if (device().fault != cudaSuccess) return device().fault;
  if (stream->capture) return told(cudaErrorStreamCaptureUnsupported);
  stream->capture = new CUgraph_st;
  return cudaSuccess;
}
cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
  const std::lock_guard lock(device().mutex);
  *status = stream->capture ? cudaStreamCaptureStatusActive : cudaStreamCaptureStatusNone;
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  const std::lock_guard lock(device().mutex);
  *graph = std::exchange(stream->capture, nullptr);
  return told(*graph ? cudaSuccess : cudaErrorInvalidValue);
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long) {
  *exec = new CUgraphExec_st{*graph};
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  const std::lock_guard lock(device().mutex);
  if (device().fault != cudaSuccess) return device().fault;
  for (const auto& [base, serial] : exec->allocations) {
    const auto now = device().serials.find(base);
    if (now == device().serials.end() || now->second != serial)
      throw std::logic_error("a graph holds memory that was freed after it was recorded");
  }
  ++device().graph_launches;
  for (const auto& step : exec->steps) step(stream);
  return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  delete exec;
  return cudaSuccess;
}
