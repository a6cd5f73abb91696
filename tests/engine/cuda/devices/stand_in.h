// A stand-in for NCCL whose ranks are threads and whose devices are emulated: what the backend asks
// of the library, with faults that a test chooses.
#pragma once

#include <cstdint>
#include <string>

#include "engine/cuda/nccl/nccl_library.h"

namespace flm::emulation {

struct NcclFaults {
  int version = 22809;
  NcclResult tells_version = kNcclSuccess;
  NcclResult unique_id = kNcclSuccess;
  NcclResult init = kNcclSuccess;
  bool never_ready = false;             // the start stays in progress
  int failing_rank = -1;                // whose communicator has ...
  NcclResult async = kNcclRemoteError;  // ... this error, once it has started
  NcclResult gather = kNcclSuccess;     // what ncclAllGather gives
  bool slow_to_enqueue = false;         // ncclAllGather is in progress once
};
/// For what comes from here on; default ones mend all.
void set_nccl_faults(const NcclFaults& faults);

struct NcclUse {
  std::int64_t gathers = 0;        // of all ranks
  std::int64_t recorded = 0;       // of them while a stream recorded
  std::int64_t aborts = 0;         // communicators
  std::int64_t communicators = 0;  // that are there now
  std::int64_t lonely_aborts = 0;  // that other ranks of the group did not join in
};
NcclUse nccl_use();

}  // namespace flm::emulation

/// What the loaded file calls: nccl.h's functions of these names.
extern "C" {
flm::NcclResult flm_nccl_version(int* version);
flm::NcclResult flm_nccl_unique_id(flm::NcclUniqueId* id);
flm::NcclResult flm_nccl_init(flm::NcclComm** comm, int ranks, flm::NcclUniqueId id, int rank,
                              flm::NcclConfig* config);
flm::NcclResult flm_nccl_async_error(flm::NcclComm* comm, flm::NcclResult* error);
flm::NcclResult flm_nccl_abort(flm::NcclComm* comm);
flm::NcclResult flm_nccl_all_gather(const void* send, void* receive, std::size_t count, int type,
                                    flm::NcclComm* comm, flm::CudaStream stream);
const char* flm_nccl_error_string(flm::NcclResult result);
const char* flm_nccl_last_error(flm::NcclComm* comm);
}
