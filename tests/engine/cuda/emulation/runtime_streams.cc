// The calls of the runtime about streams and events.
#include <memory>
#include <mutex>

#include "base/system/clock.h"
#include "tests/engine/cuda/emulation/cuda_runtime_api.h"
#include "tests/engine/cuda/emulation/emulated_device.h"

using namespace flm::emulation;

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  const std::lock_guard lock(device().mutex);
  *stream = new CUstream_st;
  (*stream)->device = current_device();
  device().streams.insert(*stream);
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  const std::lock_guard lock(device().mutex);
  drain(stream);
  device().streams.erase(stream);
  delete stream;
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  const std::lock_guard lock(device().mutex);
  refuse_capture(stream, "the host waits for it");
  drain(stream);
  return device().fault;
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  const std::lock_guard lock(device().mutex);
  if (device().fault != cudaSuccess) return device().fault;
  refuse_capture(stream, "it waits for an event of another stream");
  push(stream, {{}, *event});
  return cudaSuccess;
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
  *event = new CUevent_st{nullptr, 0, current_device()};
  if (!(flags & cudaEventDisableTiming)) (*event)->passed = std::make_shared<double>(0);
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  const std::lock_guard lock(device().mutex);
  if (device().fault != cudaSuccess) return device().fault;
  refuse_capture(stream, "an event is recorded");
  if (event->device != stream->device) return told(cudaErrorInvalidResourceHandle);
  if (event->passed) {
    event->passed = std::make_shared<double>(0);
    push(stream, {[passed = event->passed] { *passed = flm::monotonic_seconds(); }, {}});
  }
  event->stream = stream;
  event->upto = end_of(stream);
  return cudaSuccess;
}
/// Runs nothing.
cudaError_t cudaEventQuery(cudaEvent_t event) {
  const std::lock_guard lock(device().mutex);
  if (device().fault != cudaSuccess) return device().fault;
  const bool pending = event->stream && event->stream->done < event->upto;
  return told(pending ? cudaErrorNotReady : cudaSuccess);
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  const std::lock_guard lock(device().mutex);
  if (event->stream) run_until(event->stream, event->upto);
  return device().fault;
}
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end) {
  const std::lock_guard lock(device().mutex);
  if (!begin->passed || !end->passed) return told(cudaErrorInvalidResourceHandle);
  if (*begin->passed == 0 || *end->passed == 0) return told(cudaErrorNotReady);
  *milliseconds = static_cast<float>(1e3 * (*end->passed - *begin->passed));
  return cudaSuccess;
}
cudaError_t cudaDeviceSynchronize() {
  const std::lock_guard lock(device().mutex);
  for (CUstream_st* stream : device().streams) drain(stream);
  return device().fault;
}
