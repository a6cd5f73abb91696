#include "engine/cuda/runtime/runtime.h"

#include <cuda_runtime_api.h>

#include "base/errors.h"
#include "engine/cuda/runtime/launch.h"

namespace flm {

namespace {

constexpr int kUnchanged = -1;  // in place of a device's ordinal

/// What a kernel leaves behind; every later call on its device gives it again.
bool is_fault(cudaError_t error) {
  switch (error) {
    case cudaErrorECCUncorrectable:
    case cudaErrorIllegalAddress:
    case cudaErrorLaunchTimeout:
    case cudaErrorAssert:
    case cudaErrorHardwareStackError:
    case cudaErrorIllegalInstruction:
    case cudaErrorMisalignedAddress:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorLaunchFailure:
      return true;
    default:
      return false;
  }
}

std::string remedy(cudaError_t error) {
  if (error == cudaErrorNoKernelImageForDevice || error == cudaErrorInvalidDeviceFunction)
    return "add this GPU's architecture to cmake/Cuda.cmake and build again";
  if (error == cudaErrorUnsupportedPtxVersion || error == cudaErrorSystemDriverMismatch)
    return "install the NVIDIA driver 580 or newer, all its parts of one version";
  if (error >= cudaErrorStreamCaptureUnsupported && error <= cudaErrorStreamCaptureWrongThread)
    return "a step could not be recorded as a graph: FLM_CUDA_SYNC=1 runs it plainly";
  if (!is_fault(error)) return "a defect of ours: report this line";
  return launches_wait() ? "compute-sanitizer names the line"
                         : "FLM_CUDA_SYNC=1 waits after each launch and so names the kernel";
}

std::string current_device() {
  int ordinal = 0;
  return cudaGetDevice(&ordinal) == cudaSuccess ? "cuda:" + std::to_string(ordinal) : "no device";
}

}  // namespace

void check_cuda(int code, const char* call) {
  if (code == cudaSuccess) return;
  (void)cudaGetLastError();  // or the next launch would report it again
  const auto error = static_cast<cudaError_t>(code);
  const std::string what = current_device() + ", " + call + ": " + cudaGetErrorString(error);
  if (error == cudaErrorMemoryAllocation)
    throw UserError("the GPU has no memory left (" + what + "); lower --memory");
  if (error == cudaErrorDevicesUnavailable)
    throw UserError("--device cuda: the GPU takes no program (" + what +
                    "); nvidia-smi tells whether another one has it alone or it has failed");
  if (error == cudaErrorInvalidDevice)
    throw UserError("--device cuda: that device is not there (" + what +
                    "); nvidia-smi -L lists them, or use --device cpu");
  FLM_CHECK(false, "CUDA call failed: " + what + "; this thread's last launch: " + last_launch() +
                       "; the one before: " + launch_before() + "; " + remedy(error));
}

void use_device(int ordinal) { check_cuda(cudaSetDevice(ordinal), "cudaSetDevice"); }

DeviceGuard::DeviceGuard(int ordinal) {
  check_cuda(cudaGetDevice(&before_), "cudaGetDevice");
  if (ordinal != before_)
    use_device(ordinal);
  else
    before_ = kUnchanged;  // to set a device is to open it, which takes memory there
}
DeviceGuard::~DeviceGuard() {
  if (before_ != kUnchanged) (void)cudaSetDevice(before_);
}

void reach_peer(int ordinal) {
  int here = 0, can = 0;
  check_cuda(cudaGetDevice(&here), "cudaGetDevice");
  if (here == ordinal) return;
  check_cuda(cudaDeviceCanAccessPeer(&can, here, ordinal), "cudaDeviceCanAccessPeer");
  if (!can) return;
  const cudaError_t enabled = cudaDeviceEnablePeerAccess(ordinal, 0);
  if (enabled == cudaErrorPeerAccessAlreadyEnabled)
    (void)cudaGetLastError();
  else
    check_cuda(enabled, "cudaDeviceEnablePeerAccess");
}

bool records(CudaStream stream) {
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  check_cuda(cudaStreamIsCapturing(stream, &status), "cudaStreamIsCapturing");
  return status != cudaStreamCaptureStatusNone;
}

Event::Event(Timing timing) {
  const unsigned flags = timing == Timing::kOn ? cudaEventDefault : cudaEventDisableTiming;
  check_cuda(cudaEventCreateWithFlags(&event_, flags), "cudaEventCreateWithFlags");
}
Event::~Event() { (void)cudaEventDestroy(event_); }
void Event::record(CudaStream stream) {
  check_cuda(cudaEventRecord(event_, stream), "cudaEventRecord");
}
void Event::wait() const { check_cuda(cudaEventSynchronize(event_), "cudaEventSynchronize"); }
bool Event::past() const {
  const bool ready = cudaEventQuery(event_) != cudaErrorNotReady;
  if (!ready) (void)cudaGetLastError();  // "not ready" counts as one: the next launch would tell it
  return ready;
}
void Event::order(CudaStream stream) const {
  check_cuda(cudaStreamWaitEvent(stream, event_, 0), "cudaStreamWaitEvent");
}
double seconds_between(const Event& begin, const Event& end) {
  float milliseconds = 0;
  check_cuda(cudaEventElapsedTime(&milliseconds, begin.event_, end.event_), "cudaEventElapsedTime");
  return 1e-3 * static_cast<double>(milliseconds);
}

Stream::Stream() {
  check_cuda(cudaGetDevice(&device_), "cudaGetDevice");
  check_cuda(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking),
             "cudaStreamCreateWithFlags");
}
Stream::~Stream() { (void)cudaStreamDestroy(stream_); }
void Stream::wait() const { check_cuda(cudaStreamSynchronize(stream_), "cudaStreamSynchronize"); }

void Stream::settle() const noexcept { (void)cudaStreamSynchronize(stream_); }

namespace {

void drop_recording(CudaStream stream) {
  cudaGraph_t recorded = nullptr;
  (void)cudaStreamEndCapture(stream, &recorded);
  if (recorded) (void)cudaGraphDestroy(recorded);
  (void)
      cudaGetLastError();  // a broken recording leaves its error, which the next launch would tell
}

/// An error ends the recording: what comes later would only say that it is broken.
void run_recorded(CudaStream stream, const std::function<void()>& body) {
  const std::string where = "while a step was recorded as a graph: ";
  try {
    return body();
  } catch (const UserError& error) {
    drop_recording(stream);
    throw UserError(where + error.what());
  } catch (const InternalError& error) {
    drop_recording(stream);
    throw InternalError(where + error.what());
  } catch (...) {
    drop_recording(stream);
    throw;
  }
}

}  // namespace

Graph::Graph(CudaStream stream, const std::function<void()>& body) {
  // Relaxed: the body may take memory from a pool.
  check_cuda(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed),
             "cudaStreamBeginCapture");
  run_recorded(stream, body);
  cudaGraph_t recorded = nullptr;
  check_cuda(cudaStreamEndCapture(stream, &recorded), "cudaStreamEndCapture");
  const cudaError_t made = cudaGraphInstantiate(&graph_, recorded, 0);
  (void)cudaGraphDestroy(recorded);
  check_cuda(made, "cudaGraphInstantiate");
}
Graph::~Graph() { (void)cudaGraphExecDestroy(graph_); }
void Graph::launch(CudaStream stream) const {
  begin_launch({.other = "a recorded graph"});
  check_cuda(cudaGraphLaunch(graph_, stream), "cudaGraphLaunch");
  end_launch(stream);
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
void copy_rows_between_devices(void* to, std::int64_t to_pitch, const void* from,
                               std::int64_t from_pitch, std::int64_t bytes, std::int64_t rows,
                               CudaStream stream) {
  const auto size = [](std::int64_t n) { return static_cast<std::size_t>(n); };
  check_cuda(cudaMemcpy2DAsync(to, size(to_pitch), from, size(from_pitch), size(bytes), size(rows),
                               cudaMemcpyDeviceToDevice, stream),
             "cudaMemcpy2DAsync between devices");
}
void clear_on_device(void* memory, std::int64_t bytes, CudaStream stream) {
  check_cuda(cudaMemsetAsync(memory, 0, static_cast<std::size_t>(bytes), stream),
             "cudaMemsetAsync");
}

}  // namespace flm
