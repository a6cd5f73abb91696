// NCCL, loaded on first use: linking it costs 90 ms of every start. By the names and numbers of
// nccl.h (NCCL 2.18 and newer), which no toolkit need have.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "engine/cuda/runtime/runtime.h"

namespace flm {

struct NcclComm;  // opaque
struct NcclUniqueId {
  char bytes[128];
};

enum NcclResult : int {
  kNcclSuccess = 0,
  kNcclUnhandledCudaError = 1,
  kNcclSystemError = 2,
  kNcclInternalError = 3,
  kNcclInvalidArgument = 4,
  kNcclInvalidUsage = 5,
  kNcclRemoteError = 6,
  kNcclInProgress = 7
};
constexpr int kNcclUint8 = 1;  // ncclDataType_t

/// The head of ncclConfig_t as of 2.14; the library fills in what came later.
struct NcclConfig {
  std::size_t size = sizeof(NcclConfig);
  unsigned magic = 0xcafebeef;
  unsigned version = 21400;
  int blocking = 0;
};

/// The calls that the backend makes.
struct NcclLibrary {
  NcclResult (*version)(int* version);
  NcclResult (*unique_id)(NcclUniqueId* id);
  NcclResult (*init)(NcclComm** comm, int ranks, NcclUniqueId id, int rank, NcclConfig* config);
  NcclResult (*async_error)(NcclComm* comm, NcclResult* error);
  NcclResult (*abort)(NcclComm* comm);
  NcclResult (*all_gather)(const void* send, void* receive, std::size_t count, int type,
                           NcclComm* comm, CudaStream stream);
  const char* (*error_string)(NcclResult result);
  const char* (*last_error)(NcclComm* comm);

  std::string name;  // "NCCL 2.28.9"
  std::string file;  // where it was found

  /// The file of FLM_NCCL, else where such libraries lie (runtime/shared_library.h). Stays loaded
  /// for as long as the process. A UserError where it is missing, is none of NCCL or is older than
  /// 2.18.
  static std::shared_ptr<const NcclLibrary> open();

  /// The library's words for a failed call of `comm` (or of none): "unhandled system error (...)".
  std::string reason(NcclResult result, NcclComm* comm) const;
};

}  // namespace flm
