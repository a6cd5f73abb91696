// How the ranks of a group, threads of this process, exchange what lies on their devices.
#pragma once

#include <memory>
#include <string>

#include "engine/cuda/runtime/device_pool.h"
#include "engine/cuda/runtime/runtime.h"
#include "engine/parallel/column_parts.h"
#include "engine/parallel/communicator.h"

namespace flm {

/// One rank's end. The calling thread has the rank's device; bytes are moved and never added.
class DeviceCollectives {
 public:
  virtual ~DeviceCollectives() = default;
  /// What moves the bytes, for people.
  virtual std::string name() const = 0;
  /// Communicator::gather_columns for memory of devices, in the order of `stream`; what it needs
  /// for itself comes from `pool`.
  virtual void gather_columns(const ColumnParts& columns, CudaStream stream, DevicePool& pool) = 0;
  /// Whether a stream that records takes gathers.
  virtual bool recordable() const { return false; }
  /// The least of the ranks' numbers: so that all run a step in the same way.
  virtual int least_of_all(int mine) { return mine; }
  /// Behind what was recorded with gathers and runs on `stream` now.
  virtual void launched(CudaStream) {}
  /// Before results are used: throws why a gather failed, on all ranks the same.
  virtual void check() const {}
};

/// What the ranks of a group have in common and must not differ in.
struct CollectiveOptions {
  int device = 0;             // ordinal, of this rank
  bool record = true;         // steps with gathers may be recorded
  double limit_seconds = 60;  // without any gather coming to its end, before all are given up
};

/// All ranks of `communicator`, which outlives it, make it together. NCCL between ranks with a
/// device each, where its library is; else copies between the ranks' memory. FLM_NCCL names the
/// library's file; 0: copies.
std::unique_ptr<DeviceCollectives> make_device_collectives(Communicator& communicator,
                                                           const CollectiveOptions& options);

/// What `ranks` on so many devices get from there, and why, for people. The errors of
/// NcclLibrary::open for a library that was named.
std::string describe_gathers(int devices, int ranks);

/// NCCL's version and file, or why it is not used, for people.
std::string describe_nccl();

}  // namespace flm
