// The next checkpoint of a series is read while the one before it is scored.
#pragma once

#include <atomic>

#include "engine/engine.h"

namespace flm {

/// Reads the weights of a checkpoint that will be opened next and looks through them, on one
/// thread, so that they lie in the system's memory and their hash is known. Ends early where `stop`
/// turns true. What is wrong with the checkpoint is told by whoever opens it.
void look_ahead(const EngineOptions& options, const std::atomic<bool>& stop);

}  // namespace flm
