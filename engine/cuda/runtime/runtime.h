// The CUDA runtime as owning types. Every call is checked: an error names the call, the device and
// the remedy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

struct CUstream_st;
struct CUevent_st;
struct CUgraphExec_st;

namespace flm {

using CudaStream = CUstream_st*;

/// Throws unless `code` is cudaSuccess. Lack of a device, driver or memory is a UserError. What a
/// kernel did earlier may come up in any call: the message names the thread's last launch too.
void check_cuda(int code, const char* call);

/// The calling thread's device from here on.
void use_device(int ordinal);

/// The calling thread's device for as long as a scope: an event is made where the thread is.
class DeviceGuard {
 public:
  explicit DeviceGuard(int ordinal);
  ~DeviceGuard();
  DeviceGuard(const DeviceGuard&) = delete;
  DeviceGuard& operator=(const DeviceGuard&) = delete;

 private:
  int before_ = 0;
};

/// Copies between the calling thread's device and that one go directly from here on, where the
/// machine can; else by way of the host.
void reach_peer(int ordinal);

/// Whether what is enqueued on the stream is recorded as a graph.
bool records(CudaStream stream);

class Event {
 public:
  enum class Timing { kOff, kOn };
  explicit Event(Timing timing = Timing::kOff);
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  void record(CudaStream stream);
  void wait() const;                    // the host waits
  bool past() const;                    // asks, and waits for nothing; true where the device failed
  void order(CudaStream stream) const;  // what comes on `stream` waits
  /// Both with Timing::kOn, recorded and past.
  friend double seconds_between(const Event& begin, const Event& end);

 private:
  CUevent_st* event_ = nullptr;
};

/// On the device that the calling thread has when it is made.
class Stream {
 public:
  Stream();
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  operator CudaStream() const { return stream_; }
  int device() const { return device_; }  // ordinal
  void wait() const;
  void settle() const noexcept;  // for destructors: waits, and leaves an error to who asks next

 private:
  int device_ = 0;
  CudaStream stream_ = nullptr;
};

/// What `body` enqueues on a stream, recorded instead of run: kernels and copies with the arguments
/// they have now. Whoever launches it keeps their memory. An error of `body` says that it was met
/// while a step was recorded.
class Graph {
 public:
  Graph(CudaStream stream, const std::function<void()>& body);
  ~Graph();
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;
  void launch(CudaStream stream) const;

 private:
  CUgraphExec_st* graph_ = nullptr;
};

/// Page-locked host memory.
class PinnedMemory {
 public:
  static std::unique_ptr<PinnedMemory> of(std::int64_t bytes);
  /// Null where the host has no more to lock.
  static std::unique_ptr<PinnedMemory> where_there_is_room(std::int64_t bytes);
  ~PinnedMemory();
  PinnedMemory(const PinnedMemory&) = delete;
  PinnedMemory& operator=(const PinnedMemory&) = delete;
  std::byte* data() const { return static_cast<std::byte*>(memory_); }
  std::int64_t bytes() const { return bytes_; }

 private:
  PinnedMemory(void* memory, std::int64_t bytes) : bytes_(bytes), memory_(memory) {}

  std::int64_t bytes_;
  void* memory_ = nullptr;
};

void copy_to_device(void* to, const void* from, std::int64_t bytes, CudaStream stream);
void copy_to_host(void* to, const void* from, std::int64_t bytes, CudaStream stream);
void copy_within_device(void* to, const void* from, std::int64_t bytes, CudaStream stream);
/// Rows of `bytes`, so many bytes from row to row; from any device to any.
void copy_rows_between_devices(void* to, std::int64_t to_pitch, const void* from,
                               std::int64_t from_pitch, std::int64_t bytes, std::int64_t rows,
                               CudaStream stream);
void clear_on_device(void* memory, std::int64_t bytes, CudaStream stream);  // to zeros

}  // namespace flm
