// Gathers between ranks that are threads of this process, each with a device, or with a share of
// one: plain copies from the peers' memory.
#pragma once

#include "engine/cuda/runtime/runtime.h"
#include "engine/parallel/column_parts.h"
#include "engine/parallel/communicator.h"

namespace flm {

/// Communicator::gather_columns for memory of devices, in the order of `stream`: the host waits for
/// the other ranks to come, no device for the host. The calling thread has the rank's device.
void gather_from_peers(Communicator& communicator, const ColumnParts& columns, CudaStream stream);

}  // namespace flm
