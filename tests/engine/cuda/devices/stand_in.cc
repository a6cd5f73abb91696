#include "tests/engine/cuda/devices/stand_in.h"

#include <cuda_runtime_api.h>

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "tests/engine/cuda/emulation/collectives.h"

using namespace flm;
using emulation::Meeting;

namespace {

/// One gather of a group: what each rank brought.
struct Gather {
  std::shared_ptr<Meeting> meeting;
  std::size_t bytes = 0;
  std::vector<const void*> send;
  std::vector<void*> receive;
};

struct Group {
  int ranks = 0;
  std::map<int, std::int64_t> begun;       // gathers of each rank
  std::map<int, int> devices;              // of ranks that have joined
  std::map<std::int64_t, Gather> gathers;  // by number
  NcclResult error = kNcclSuccess;
  std::string words;
  int aborts = 0;
};

}  // namespace

namespace flm {
struct NcclComm {
  std::shared_ptr<Group> group;
  int rank = 0;
  bool enqueuing = false;
};
}  // namespace flm

namespace {

struct State {
  std::mutex mutex;  // taken behind the device's lock, never before it
  std::condition_variable changed;
  emulation::NcclFaults faults;
  emulation::NcclUse use;
  std::map<std::uint64_t, std::shared_ptr<Group>> groups;
  std::uint64_t ids = 0;
  std::string words;  // of the last error of no communicator
};
State& state() {
  static State the;
  return the;
}

void break_group(Group& group, NcclResult error, const std::string& words) {
  if (group.error != kNcclSuccess) return;
  group.error = error;
  group.words = words;
}

void copy_parts(const Gather& gather) {
  for (std::size_t to = 0; to < gather.receive.size(); ++to)
    for (std::size_t from = 0; from < gather.send.size(); ++from) {
      auto* place = static_cast<std::byte*>(gather.receive[to]) + from * gather.bytes;
      if (place != gather.send[from]) std::memcpy(place, gather.send[from], gather.bytes);
    }
}

/// The rank's next gather, which other ranks may have begun.
std::shared_ptr<Meeting> next_gather(const std::shared_ptr<Group>& group, int rank,
                                     const void* send, void* receive, std::size_t bytes) {
  const std::lock_guard lock(state().mutex);
  const std::int64_t number = group->begun[rank]++;
  const auto ranks = static_cast<std::size_t>(group->ranks);
  Gather& gather = group->gathers[number];
  if (!gather.meeting) {
    gather = {std::make_shared<Meeting>(), bytes, {}, {}};
    gather.send.resize(ranks);
    gather.receive.resize(ranks);
    gather.meeting->streams.resize(ranks);
    gather.meeting->at.resize(ranks);
    gather.meeting->work = [group, number] { copy_parts(group->gathers.at(number)); };
  }
  if (gather.bytes != bytes)  // the library itself would mix up the data, or wait for ever
    break_group(*group, kNcclInvalidUsage,
                "gather " + std::to_string(number) + " of " + std::to_string(bytes) +
                    " bytes meets one of " + std::to_string(gather.bytes));
  if (group->error != kNcclSuccess || group->aborts > 0) gather.meeting->over = true;
  gather.send[static_cast<std::size_t>(rank)] = send;
  gather.receive[static_cast<std::size_t>(rank)] = receive;
  return gather.meeting;
}

}  // namespace

namespace flm::emulation {

void set_nccl_faults(const NcclFaults& faults) {
  const std::lock_guard lock(state().mutex);
  state().faults = faults;
}
NcclUse nccl_use() {
  const std::lock_guard lock(state().mutex);
  return state().use;
}

}  // namespace flm::emulation

extern "C" {

NcclResult flm_nccl_version(int* version) {
  *version = state().faults.version;
  return state().faults.tells_version;
}

NcclResult flm_nccl_unique_id(NcclUniqueId* id) {
  const std::lock_guard lock(state().mutex);
  if (state().faults.unique_id != kNcclSuccess) {
    state().words = "no socket interface found";
    return state().faults.unique_id;
  }
  const std::uint64_t number = ++state().ids;
  std::memcpy(id->bytes, &number, sizeof number);
  state().groups[number] = std::make_shared<Group>();
  return kNcclSuccess;
}

NcclResult flm_nccl_init(NcclComm** comm, int ranks, NcclUniqueId id, int rank,
                         NcclConfig* config) {
  const std::lock_guard lock(state().mutex);
  if (config->magic != 0xcafebeef || config->version < 21400 || config->blocking != 0)
    return kNcclInvalidArgument;
  if (state().faults.init != kNcclSuccess) {
    state().words = "out of memory";
    return state().faults.init;
  }
  std::uint64_t number = 0;
  std::memcpy(&number, id.bytes, sizeof number);
  const auto found = state().groups.find(number);
  if (found == state().groups.end() || rank < 0 || rank >= ranks) return kNcclInvalidArgument;
  Group& group = *found->second;
  int device = 0;
  (void)cudaGetDevice(&device);
  for (const auto& [other, taken] : group.devices)
    if (taken == device)
      break_group(group, kNcclInvalidUsage,
                  "Duplicate GPU detected : rank " + std::to_string(rank) + " and rank " +
                      std::to_string(other));
  group.ranks = ranks;
  group.devices[rank] = device;
  *comm = new NcclComm{found->second, rank};
  ++state().use.communicators;
  return kNcclInProgress;
}

NcclResult flm_nccl_async_error(NcclComm* comm, NcclResult* error) {
  const std::lock_guard lock(state().mutex);
  const Group& group = *comm->group;
  const bool started = static_cast<int>(group.devices.size()) == group.ranks;
  *error = group.error;
  if (*error != kNcclSuccess) return kNcclSuccess;
  if (!started || state().faults.never_ready || std::exchange(comm->enqueuing, false))
    *error = kNcclInProgress;
  else if (comm->rank == state().faults.failing_rank)
    *error = state().faults.async;
  return kNcclSuccess;
}

/// Waits for the group's other ranks, as the library may.
NcclResult flm_nccl_abort(NcclComm* comm) {
  std::vector<std::shared_ptr<Meeting>> pending;
  {
    std::unique_lock lock(state().mutex);
    Group& group = *comm->group;
    ++group.aborts;
    ++state().use.aborts;
    --state().use.communicators;
    state().changed.notify_all();
    const auto all = [&] { return group.aborts == static_cast<int>(group.devices.size()); };
    if (!state().changed.wait_for(lock, std::chrono::seconds(2), all)) ++state().use.lonely_aborts;
    for (const auto& [number, gather] : group.gathers) pending.push_back(gather.meeting);
  }
  for (const auto& meeting : pending) emulation::give_up(*meeting);
  delete comm;
  return kNcclSuccess;
}

NcclResult flm_nccl_all_gather(const void* send, void* receive, std::size_t count, int type,
                               NcclComm* comm, CudaStream stream) {
  cudaStreamCaptureStatus capture = cudaStreamCaptureStatusNone;
  (void)cudaStreamIsCapturing(stream, &capture);
  {
    const std::lock_guard lock(state().mutex);
    if (type != kNcclUint8) return kNcclInvalidArgument;
    if (state().faults.gather != kNcclSuccess) return state().faults.gather;
    ++state().use.gathers;
    state().use.recorded += capture != cudaStreamCaptureStatusNone;
    comm->enqueuing = state().faults.slow_to_enqueue;
  }
  // Begins when it is enqueued; what is recorded, with each launch.
  emulation::enqueue_meeting(stream, comm->rank,
                             [=, group = comm->group, rank = comm->rank] {
                               return next_gather(group, rank, send, receive, count);
                             },
                             {send, receive});
  return state().faults.slow_to_enqueue ? kNcclInProgress : kNcclSuccess;
}

const char* flm_nccl_error_string(NcclResult result) {
  switch (result) {
    case kNcclSuccess:
      return "no error";
    case kNcclUnhandledCudaError:
      return "unhandled cuda error";
    case kNcclSystemError:
      return "unhandled system error";
    case kNcclInvalidArgument:
      return "invalid argument";
    case kNcclInvalidUsage:
      return "invalid usage";
    case kNcclRemoteError:
      return "remote process exited or there was a network error";
    case kNcclInProgress:
      return "NCCL operation in progress";
    default:
      return "internal error";
  }
}

const char* flm_nccl_last_error(NcclComm* comm) {
  const std::lock_guard lock(state().mutex);
  return comm ? comm->group->words.c_str() : state().words.c_str();
}
}
