// The file that is loaded in place of libnccl.so.2: its functions are those of the program that
// loads it.
#include "tests/engine/cuda/devices/stand_in.h"

using flm::NcclResult;

extern "C" {
NcclResult ncclGetVersion(int* version) { return flm_nccl_version(version); }
NcclResult ncclGetUniqueId(flm::NcclUniqueId* id) { return flm_nccl_unique_id(id); }
NcclResult ncclCommInitRankConfig(flm::NcclComm** comm, int ranks, flm::NcclUniqueId id, int rank,
                                  flm::NcclConfig* config) {
  return flm_nccl_init(comm, ranks, id, rank, config);
}
NcclResult ncclCommGetAsyncError(flm::NcclComm* comm, NcclResult* error) {
  return flm_nccl_async_error(comm, error);
}
NcclResult ncclCommAbort(flm::NcclComm* comm) { return flm_nccl_abort(comm); }
NcclResult ncclAllGather(const void* send, void* receive, std::size_t count, int type,
                         flm::NcclComm* comm, flm::CudaStream stream) {
  return flm_nccl_all_gather(send, receive, count, type, comm, stream);
}
const char* ncclGetErrorString(NcclResult result) { return flm_nccl_error_string(result); }
const char* ncclGetLastError(flm::NcclComm* comm) { return flm_nccl_last_error(comm); }
}
