// The state of the emulation: the devices of the process, their streams and what these hold.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "tests/engine/cuda/emulation/collectives.h"
#include "tests/engine/cuda/emulation/cuda_runtime_api.h"
#include "tests/engine/cuda/emulation/device_lock.h"
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

Device& device();
int& current_device();  // of the calling thread

/// What a call gives back; an error, "not ready" among them, is also what cudaGetLastError() tells.
cudaError_t told(cudaError_t error);
/// That error of the calling thread, once.
cudaError_t take_last_error();

/// Nothing of a stream counts as done before it is: others may come while this waits for them.
void run_until(CUstream_st* stream, std::uint64_t upto);
std::uint64_t end_of(CUstream_st* stream);
void drain(CUstream_st* stream);
void push(CUstream_st* stream, CUstream_st::Entry entry);
/// Throws for what a stream that records cannot take.
void refuse_capture(CUstream_st* stream, const char* what);
/// Before what a device may make wait for all that runs on it.
void note_hazards();
/// The device allocation that holds an address; null: none.
void* allocation_of(const void* p);

}  // namespace flm::emulation
