#include "engine/cuda/nccl/nccl_library.h"

#include <dlfcn.h>

#include "base/errors.h"
#include "engine/cuda/runtime/shared_library.h"

namespace flm {
namespace {

constexpr int kOldest = 21800;
constexpr char kRemedy[] = "; or FLM_NCCL=0 for copies between the ranks";

/// 2.8 and before counted otherwise; they are refused either way.
std::string dotted(int version) {
  return std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." +
         std::to_string(version % 100);
}

template <class F>
void resolve(void* library, const std::string& file, const char* name, F& function) {
  function = reinterpret_cast<F>(dlsym(library, name));
  if (!function)
    throw UserError("NCCL: " + file + " has no " + name + "; install NCCL 2.18 or newer" + kRemedy);
}

}  // namespace

std::shared_ptr<const NcclLibrary> NcclLibrary::open() {
  const auto [library, file] = load_library(kNcclFiles);
  auto nccl = std::make_shared<NcclLibrary>();
  resolve(library, file, "ncclGetVersion", nccl->version);
  resolve(library, file, "ncclGetUniqueId", nccl->unique_id);
  resolve(library, file, "ncclCommInitRankConfig", nccl->init);
  resolve(library, file, "ncclCommGetAsyncError", nccl->async_error);
  resolve(library, file, "ncclCommAbort", nccl->abort);
  resolve(library, file, "ncclAllGather", nccl->all_gather);
  resolve(library, file, "ncclGetErrorString", nccl->error_string);
  resolve(library, file, "ncclGetLastError", nccl->last_error);
  int version = 0;
  if (const NcclResult asked = nccl->version(&version); asked != kNcclSuccess)
    throw UserError("NCCL: " + file +
                    " does not tell its version: " + nccl->reason(asked, nullptr) + kRemedy);
  nccl->name = "NCCL " + dotted(version);
  nccl->file = file;
  if (version < kOldest)
    throw UserError("NCCL: " + file + " is " + nccl->name + "; install 2.18 or newer" + kRemedy);
  return nccl;
}

std::string NcclLibrary::reason(NcclResult result, NcclComm* comm) const {
  const char* more = last_error(comm);
  const std::string detail = more && *more ? " (" + std::string(more) + ")" : "";
  return error_string(result) + detail;
}

}  // namespace flm
