// N ranks in one process, one thread each.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "engine/parallel/communicator.h"

namespace flm {

/// As make_thread_communicators(ranks), with the time after which a rank that waits for others
/// gives up and the whole group fails with the names of the missing ranks. A receiver of a
/// broadcast waits for its root without limit: that is how ranks idle between two commands.
std::vector<std::unique_ptr<Communicator>> make_thread_communicators(
    int ranks, std::chrono::milliseconds timeout);

}  // namespace flm
