#include "engine/cuda/runtime.h"

#include <cuda_runtime_api.h>

#include "base/errors.h"

namespace flm {

void check_cuda(int code, const char* call) {
  if (code == cudaSuccess) return;
  (void)cudaGetLastError();  // or the next launch would report it again
  const auto error = static_cast<cudaError_t>(code);
  const std::string what = std::string(call) + ": " + cudaGetErrorString(error);
  if (error == cudaErrorMemoryAllocation)
    throw UserError("the GPU has no memory left (" + what + "); lower --memory");
  if (error == cudaErrorInvalidDevice)
    throw UserError("--device cuda: that device is not there (" + what +
                    "); nvidia-smi -L lists them, or use --device cpu");
  FLM_CHECK(false, "CUDA call failed: " + what);
}

void use_device(int ordinal) { check_cuda(cudaSetDevice(ordinal), "cudaSetDevice"); }

Event::Event() {
  check_cuda(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "cudaEventCreateWithFlags");
}
Event::~Event() { (void)cudaEventDestroy(event_); }
void Event::record(CudaStream stream) {
  check_cuda(cudaEventRecord(event_, stream), "cudaEventRecord");
}
void Event::wait() const { check_cuda(cudaEventSynchronize(event_), "cudaEventSynchronize"); }
void Event::order(CudaStream stream) const {
  check_cuda(cudaStreamWaitEvent(stream, event_, 0), "cudaStreamWaitEvent");
}

Stream::Stream() {
  check_cuda(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking),
             "cudaStreamCreateWithFlags");
}
Stream::~Stream() { (void)cudaStreamDestroy(stream_); }
void Stream::wait() const { check_cuda(cudaStreamSynchronize(stream_), "cudaStreamSynchronize"); }

void Stream::settle() const noexcept { (void)cudaStreamSynchronize(stream_); }

Graph::Graph(CudaStream stream, const std::function<void()>& body) {
  // Relaxed: the body may take memory from a pool.
  check_cuda(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed),
             "cudaStreamBeginCapture");
  cudaGraph_t recorded = nullptr;
  try {
    body();
  } catch (...) {
    (void)cudaStreamEndCapture(stream, &recorded);
    if (recorded) (void)cudaGraphDestroy(recorded);
    throw;
  }
  check_cuda(cudaStreamEndCapture(stream, &recorded), "cudaStreamEndCapture");
  const cudaError_t made = cudaGraphInstantiate(&graph_, recorded, 0);
  (void)cudaGraphDestroy(recorded);
  check_cuda(made, "cudaGraphInstantiate");
}
Graph::~Graph() { (void)cudaGraphExecDestroy(graph_); }
void Graph::launch(CudaStream stream) const {
  check_cuda(cudaGraphLaunch(graph_, stream), "cudaGraphLaunch");
}

std::unique_ptr<PinnedMemory> PinnedMemory::where_there_is_room(std::int64_t bytes) {
  void* memory = nullptr;
  if (cudaMallocHost(&memory, static_cast<std::size_t>(bytes)) == cudaSuccess)
    return std::unique_ptr<PinnedMemory>(new PinnedMemory(memory, bytes));
  (void)cudaGetLastError();
  return nullptr;
}
std::unique_ptr<PinnedMemory> PinnedMemory::of(std::int64_t bytes) {
  if (auto memory = where_there_is_room(bytes)) return memory;
  throw UserError("the host has no memory left to lock in place (cudaMallocHost of " +
                  std::to_string(bytes) + " bytes); end other programs or raise ulimit -l");
}
PinnedMemory::~PinnedMemory() { (void)cudaFreeHost(memory_); }

void copy_to_device(void* to, const void* from, std::int64_t bytes, CudaStream stream) {
  check_cuda(
      cudaMemcpyAsync(to, from, static_cast<std::size_t>(bytes), cudaMemcpyHostToDevice, stream),
      "cudaMemcpyAsync to the device");
}
void copy_to_host(void* to, const void* from, std::int64_t bytes, CudaStream stream) {
  check_cuda(
      cudaMemcpyAsync(to, from, static_cast<std::size_t>(bytes), cudaMemcpyDeviceToHost, stream),
      "cudaMemcpyAsync to the host");
}

void copy_within_device(void* to, const void* from, std::int64_t bytes, CudaStream stream) {
  check_cuda(
      cudaMemcpyAsync(to, from, static_cast<std::size_t>(bytes), cudaMemcpyDeviceToDevice, stream),
      "cudaMemcpyAsync within the device");
}
void clear_on_device(void* memory, std::int64_t bytes, CudaStream stream) {
  check_cuda(cudaMemsetAsync(memory, 0, static_cast<std::size_t>(bytes), stream),
             "cudaMemsetAsync");
}

}  // namespace flm
