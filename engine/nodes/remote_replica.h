// A replica in another process of the job.
#pragma once

#include <memory>

#include "engine/nodes/link.h"
#include "engine/replicas/replica.h"

namespace flm {

/// Replica `index` of the process of that rank, whose model is open. Throws NodeLost where the
/// process is, and what went wrong there under its name.
std::unique_ptr<Replica> make_remote_replica(NodeLink& link, int rank, int index);

}  // namespace flm
