#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/system/clock.h"
#include "tests/engine/cuda/emulation/block.h"
#include "tests/engine/cuda/emulation/collectives.h"
#include "tests/engine/cuda/emulation/cuda_runtime_api.h"
#include "tests/engine/cuda/emulation/device_lock.h"
#include "tests/engine/cuda/emulation/guarded_memory.h"
#include "tests/engine/cuda/emulation/kernel_name.h"
#include "tests/engine/cuda/emulation/stream_queue.h"

/// Entry `upto` of `stream` and all before it are complete: what a recorded event stands for.
struct CUevent_st {
  CUstream_st* stream = nullptr;
  std::uint64_t upto = 0;
  int device = 0;
  std::shared_ptr<double> passed = nullptr;  // seconds, 0: not yet; null: it takes no time
};
/// What was recorded, and the allocations that it was given.
struct CUgraph_st {
  std::vector<std::function<void(CUstream_st*)>> steps;  // each enqueues itself
  std::map<void*, std::int64_t> allocations;             // base, serial number
};
struct CUgraphExec_st : CUgraph_st {};
struct CUstream_st {
  struct Entry {
    std::function<void()> work;
    CUevent_st after;                                            // runs first
    std::shared_ptr<flm::emulation::Meeting> meeting = nullptr;  // has to be over first
  };
  std::deque<Entry> entries;
  std::uint64_t done = 0;  // entries that ran; the first of `entries` is number done
  CUgraph_st* capture = nullptr;
  int device = 0;
};

namespace flm::emulation {
namespace {

/// The devices of the process. One thread at a time runs what is enqueued, so that fibers stay on
/// it.
struct Device {
  DeviceLock mutex;
  int count = 1, major = 9;
  bool peer_access = true;
  std::int64_t capacity = std::int64_t{4} << 30;  // of each
  std::set<std::pair<int, int>> peers;            // (device, the one that it reaches)
  DeviceUse use;                                  // of all together
  std::map<int, std::int64_t> bytes_on;           // by ordinal
  std::map<void*, int> homes;                     // of `memory`
  std::vector<std::weak_ptr<Meeting>> meetings;   // that were enqueued
  std::int64_t hazards = 0;
  std::map<void*, std::size_t> memory, pinned;
  std::map<void*, std::int64_t> serials;  // of `memory`
  std::int64_t graph_launches = 0;
  std::set<CUstream_st*> streams;
  Eagerness eagerness = Eagerness::kLate;
  std::map<const void*, std::int64_t> shared_bytes;  // that kernels asked for
  cudaError_t refusal = cudaSuccess, coming_fault = cudaSuccess;
  cudaError_t fault = cudaSuccess;  // what every call gives
};

thread_local int current_device = 0;
thread_local cudaError_t last_error = cudaSuccess;  // until it is asked for

/// What a call gives back; an error, "not ready" among them, is also what cudaGetLastError() tells.
cudaError_t told(cudaError_t error) {
  if (error != cudaSuccess) last_error = error;
  return error;
}

Device& device() {
  static Device the;
  return the;
}

void come_together(Meeting& meeting);

/// Nothing of a stream counts as done before it is: others may come while this waits for them.
void run_until(CUstream_st* stream, std::uint64_t upto) {
  while (stream->done < upto && !stream->entries.empty()) {
    const CUevent_st after = stream->entries.front().after;
    const std::shared_ptr<Meeting> meeting = stream->entries.front().meeting;
    if (after.stream && after.stream->done < after.upto) {
      run_until(after.stream, after.upto);
    } else if (meeting && !meeting->over) {
      come_together(*meeting);
    } else {
      const std::function<void()> work = std::move(stream->entries.front().work);
      stream->entries.pop_front();
      ++stream->done;
      if (work) work();
    }
  }
}

/// A step towards its end: waits for a rank, or runs what is ahead of it everywhere and then it.
void come_together(Meeting& meeting) {
  if (!meeting.enqueued_everywhere()) return device().mutex.wait_for_change();
  for (std::size_t r = 0; r < meeting.streams.size(); ++r)
    if (!meeting.over) run_until(meeting.streams[r], meeting.at[r]);
  if (meeting.over) return;
  meeting.work();
  meeting.over = true;
  device().mutex.changed();
}

std::uint64_t end_of(CUstream_st* stream) { return stream->done + stream->entries.size(); }
void drain(CUstream_st* stream) { run_until(stream, end_of(stream)); }

void push(CUstream_st* stream, CUstream_st::Entry entry) {
  stream->entries.push_back(std::move(entry));
  if (device().eagerness == Eagerness::kEarly) drain(stream);
}

/// Before what a device may make wait for all that runs on it.
void note_hazards() {
  auto& meetings = device().meetings;
  std::erase_if(meetings, [](const auto& meeting) {
    const auto there = meeting.lock();
    return !there || there->over || there->enqueued_everywhere();
  });
  device().hazards += static_cast<std::int64_t>(meetings.size());
}

/// Whether [p, p + bytes) lies within one allocation.
bool within(const std::map<void*, std::size_t>& memory, const void* p, std::size_t bytes) {
  auto after = memory.upper_bound(const_cast<void*>(p));
  if (after == memory.begin()) return false;
  const auto& [base, size] = *--after;
  return static_cast<const char*>(p) + bytes <= static_cast<char*>(base) + size;
}

/// The device allocation that holds an address; null: none.
void* allocation_of(const void* p) {
  auto after = device().memory.upper_bound(const_cast<void*>(p));
  if (after == device().memory.begin()) return nullptr;
  const auto& [base, size] = *--after;
  return static_cast<const char*>(p) < static_cast<char*>(base) + size ? base : nullptr;
}

/// Extents as compute capability 3.0 and newer takes them.
bool launchable(const dim3& grid, int threads) {
  constexpr unsigned kMostX = 0x7FFFFFFF, kMostOther = 65535;
  return threads > 0 && threads <= 1024 && grid.x > 0 && grid.y > 0 && grid.z > 0 &&
         grid.x <= kMostX && grid.y <= kMostOther && grid.z <= kMostOther;
}

cudaError_t refusal_of(CUstream_st* stream, const KernelLaunch& launch) {
  if (device().refusal != cudaSuccess) return std::exchange(device().refusal, cudaSuccess);
  if (stream->device != current_device) return cudaErrorInvalidResourceHandle;
  if (!launchable(launch.grid, launch.threads)) return cudaErrorInvalidConfiguration;
  constexpr std::int64_t kWithoutAsking = 48 * 1024;
  return launch.shared_bytes <= std::max(kWithoutAsking, device().shared_bytes[launch.kernel])
             ? cudaSuccess
             : cudaErrorInvalidValue;
}

/// Whether a kernel runs; not where it faults or one before it did.
bool survives() {
  Device& d = device();
  if (d.coming_fault != cudaSuccess) d.fault = std::exchange(d.coming_fault, cudaSuccess);
  return d.fault == cudaSuccess;
}

/// What a stream that records cannot take.
void refuse_capture(CUstream_st* stream, const char* what) {
  if (stream->capture) throw std::logic_error(std::string("while a stream records: ") + what);
}

cudaError_t allocate(std::map<void*, std::size_t>& into, void** memory, std::size_t bytes) {
  *memory = take_guarded(bytes);
  into[*memory] = bytes;
  return cudaSuccess;
}

cudaError_t give_back(std::map<void*, std::size_t>& from, void* memory) {
  const auto taken = from.find(memory);
  if (taken == from.end()) return cudaErrorInvalidValue;
  give_back_guarded(memory, taken->second);
  from.erase(taken);
  return cudaSuccess;
}

}  // namespace

void set_eagerness(Eagerness eagerness) { device().eagerness = eagerness; }
void set_device(int count, std::int64_t bytes) {
  device().count = count;
  device().capacity = bytes;
}
void set_peer_access(bool there) { device().peer_access = there; }
void set_compute_capability(int major) { device().major = major; }
DeviceUse device_use() { return device().use; }
void reset_peak() { device().use.peak_bytes = device().use.bytes; }

void enqueue(CudaStream stream, std::function<void()> work,
             const std::vector<const void*>& arguments) {
  const std::lock_guard lock(device().mutex);
  if (!stream->capture) return push(stream, {std::move(work), {}});
  stream->capture->steps.push_back([work = std::move(work)](CUstream_st* on) {
    push(on, {work, {}});
  });
  for (const void* address : arguments)
    if (void* base = allocation_of(address))
      stream->capture->allocations[base] = device().serials[base];
}

bool Meeting::enqueued_everywhere() const {
  return std::find(streams.begin(), streams.end(), nullptr) == streams.end();
}

void enqueue_meeting(CudaStream stream, int rank,
                     const std::function<std::shared_ptr<Meeting>()>& next,
                     const std::vector<const void*>& arguments) {
  const std::lock_guard lock(device().mutex);
  const auto attach = [rank, next](CUstream_st* on) {
    const std::shared_ptr<Meeting> meeting = next();
    const auto r = static_cast<std::size_t>(rank);
    meeting->streams.at(r) = on;
    meeting->at.at(r) = end_of(on);
    device().meetings.push_back(meeting);
    device().mutex.changed();
    push(on, {{}, {}, meeting});
  };
  if (!stream->capture) return attach(stream);
  stream->capture->steps.push_back(attach);
  for (const void* address : arguments)
    if (void* base = allocation_of(address))
      stream->capture->allocations[base] = device().serials[base];
}

void give_up(Meeting& meeting) {
  const std::lock_guard lock(device().mutex);
  meeting.over = true;
  device().mutex.changed();
}

std::int64_t hazards() { return device().hazards; }

void enqueue_kernel(CudaStream stream, const KernelLaunch& launch, std::function<void()> work,
                    const std::vector<const void*>& arguments) {
  const std::lock_guard lock(device().mutex);
  if (told(refusal_of(stream, launch)) != cudaSuccess) return;
  enqueue(
      stream,
      [work = std::move(work)] {
        if (survives()) work();
      },
      arguments);
}

void refuse_launch(int error) { device().refusal = static_cast<cudaError_t>(error); }
void fault(int error) { device().coming_fault = static_cast<cudaError_t>(error); }
void mend() { device().fault = device().coming_fault = device().refusal = cudaSuccess; }

std::int64_t graph_launches() { return device().graph_launches; }

}  // namespace flm::emulation

using namespace flm::emulation;

const char* cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "no error";
    case cudaErrorMemoryAllocation:
      return "out of memory";
    case cudaErrorNoDevice:
      return "no CUDA-capable device is detected";
    case cudaErrorInvalidDevice:
      return "invalid device ordinal";
    case cudaErrorInvalidConfiguration:
      return "invalid configuration argument";
    case cudaErrorInvalidResourceHandle:
      return "invalid resource handle";
    case cudaErrorIllegalAddress:
      return "an illegal memory access was encountered";
    default:
      return "invalid argument";
  }
}
const char* cudaGetErrorName(cudaError_t) { return "cudaError"; }
cudaError_t cudaGetLastError() {
  const std::lock_guard lock(device().mutex);
  const cudaError_t last = std::exchange(last_error, cudaSuccess);
  return device().fault != cudaSuccess ? device().fault : last;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr, int) {
  *value = device().major;
  return cudaSuccess;
}
cudaError_t cudaFuncGetName(const char** name, const void* function) {
  *name = function_name(function);
  return told(*name ? cudaSuccess : cudaErrorInvalidDeviceFunction);
}
cudaError_t cudaFuncSetAttribute(const void* function, cudaFuncAttribute, int value) {
  const std::lock_guard lock(device().mutex);
  if (value > kBlockShared) return told(cudaErrorInvalidValue);
  device().shared_bytes[function] = value;
  return cudaSuccess;
}
cudaError_t cudaGetDeviceCount(int* count) {
  *count = device().count;
  return told(*count > 0 ? cudaSuccess : cudaErrorNoDevice);
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int ordinal) {
  if (ordinal >= device().count) return told(cudaErrorInvalidDevice);
  *properties = {"emulated device",
                 device().major,
                 0,
                 4,
                 static_cast<std::size_t>(device().capacity),
                 static_cast<std::size_t>(kBlockShared)};
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int ordinal) {
  if (ordinal < 0 || ordinal >= device().count) return told(cudaErrorInvalidDevice);
  current_device = ordinal;
  return cudaSuccess;
}
cudaError_t cudaGetDevice(int* ordinal) {
  *ordinal = current_device;
  return cudaSuccess;
}
cudaError_t cudaDeviceCanAccessPeer(int* can, int ordinal, int peer) {
  if (ordinal >= device().count || peer >= device().count) return told(cudaErrorInvalidDevice);
  *can = ordinal != peer && device().peer_access;
  return cudaSuccess;
}
/// Of the calling thread's device; a second time is an error, as a driver has it.
cudaError_t cudaDeviceEnablePeerAccess(int peer, unsigned) {
  const std::lock_guard lock(device().mutex);
  if (peer >= device().count || peer == current_device || !device().peer_access)
    return told(cudaErrorInvalidDevice);
  const bool anew = device().peers.insert({current_device, peer}).second;
  return told(anew ? cudaSuccess : cudaErrorPeerAccessAlreadyEnabled);
}
cudaError_t cudaDeviceGetPCIBusId(char* bus_id, int bytes, int ordinal) {
  if (ordinal >= device().count) return told(cudaErrorInvalidDevice);
  std::snprintf(bus_id, static_cast<std::size_t>(bytes), "0000:00:%02x.0", ordinal);
  return cudaSuccess;
}
cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  *total = static_cast<std::size_t>(device().capacity);
  *free = static_cast<std::size_t>(device().capacity - device().bytes_on[current_device]);
  return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = 13000;
  return cudaSuccess;
}
cudaError_t cudaMalloc(void** memory, std::size_t bytes) {
  const std::lock_guard lock(device().mutex);
  if (device().fault != cudaSuccess) return device().fault;
  note_hazards();
  DeviceUse& use = device().use;
  const auto more = static_cast<std::int64_t>(bytes);
  std::int64_t& here = device().bytes_on[current_device];
  if (here + more > device().capacity) return told(cudaErrorMemoryAllocation);
  here += more;
  use.bytes += more;
  use.peak_bytes = std::max(use.peak_bytes, use.bytes);
  ++use.allocations;
  const cudaError_t made = allocate(device().memory, memory, bytes);
  device().serials[*memory] = use.allocations;
  device().homes[*memory] = current_device;
  return made;
}
/// Waits for nothing: a device may or may not, and what comes too late ends the process.
cudaError_t cudaFree(void* memory) {
  if (!memory) return cudaSuccess;
  const std::lock_guard lock(device().mutex);
  const auto it = device().memory.find(memory);
  if (it == device().memory.end()) return told(cudaErrorInvalidValue);
  note_hazards();
  device().use.bytes -= static_cast<std::int64_t>(it->second);
  device().bytes_on[device().homes[memory]] -= static_cast<std::int64_t>(it->second);
  device().homes.erase(memory);
  device().serials.erase(memory);
  return give_back(device().memory, memory);
}
cudaError_t cudaMallocHost(void** memory, std::size_t bytes) {
  const std::lock_guard lock(device().mutex);
  note_hazards();
  device().use.pinned_bytes += static_cast<std::int64_t>(bytes);
  return allocate(device().pinned, memory, bytes);
}
cudaError_t cudaFreeHost(void* memory) {
  const std::lock_guard lock(device().mutex);
  if (const auto it = device().pinned.find(memory); it != device().pinned.end())
    device().use.pinned_bytes -= static_cast<std::int64_t>(it->second);
  return give_back(device().pinned, memory);
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  const std::lock_guard lock(device().mutex);
  if (device().fault != cudaSuccess) return device().fault;
  refuse_capture(stream, "a copy from or to the host");
  Device& d = device();
  const bool to_device = kind != cudaMemcpyDeviceToHost,
             from_device = kind != cudaMemcpyHostToDevice;
  if (to_device && !within(d.memory, to, bytes)) return told(cudaErrorInvalidValue);
  if (from_device && !within(d.memory, from, bytes)) return told(cudaErrorInvalidValue);
  if (!from_device && !within(d.pinned, from, bytes)) {  // pageable: staged before the call returns
    ++d.use.pageable_copies;
    auto staged = std::make_shared<std::string>(static_cast<const char*>(from), bytes);
    push(stream, {[=] { std::memcpy(to, staged->data(), bytes); }, {}});
    return cudaSuccess;
  }
  push(stream, {[=] { std::memcpy(to, from, bytes); }, {}});
  if (!to_device && !within(d.pinned, to, bytes)) drain(stream);  // pageable: returns when complete
  return d.fault;
}
cudaError_t cudaMemcpy2DAsync(void* to, std::size_t to_pitch, const void* from,
                              std::size_t from_pitch, std::size_t width, std::size_t height,
                              cudaMemcpyKind kind, cudaStream_t stream) {
  const std::lock_guard lock(device().mutex);
  if (device().fault != cudaSuccess) return device().fault;
  refuse_capture(stream, "a copy between devices");
  const auto extent = [&](std::size_t pitch) {
    return height == 0 ? 0 : (height - 1) * pitch + width;
  };
  const auto& memory = device().memory;
  if (kind != cudaMemcpyDeviceToDevice || width > to_pitch || width > from_pitch ||
      !within(memory, to, extent(to_pitch)) || !within(memory, from, extent(from_pitch)))
    return told(cudaErrorInvalidValue);
  push(stream, {[=] {
                  for (std::size_t row = 0; row < height; ++row)
                    std::memcpy(static_cast<char*>(to) + row * to_pitch,
                                static_cast<const char*>(from) + row * from_pitch, width);
                },
                {}});
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* memory, int value, std::size_t bytes, cudaStream_t stream) {
  const std::lock_guard lock(device().mutex);
  if (device().fault != cudaSuccess) return device().fault;
  refuse_capture(stream, "a fill");
  if (!within(device().memory, memory, bytes)) return told(cudaErrorInvalidValue);
  push(stream, {[=] { std::memset(memory, value, bytes); }, {}});
  return cudaSuccess;
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  const std::lock_guard lock(device().mutex);
  *stream = new CUstream_st;
  (*stream)->device = current_device;
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
  *event = new CUevent_st{nullptr, 0, current_device};
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
