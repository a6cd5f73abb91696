// Messages over MPI, through the plug-in for the library that started the job.
#pragma once

#include <chrono>
#include <memory>

#include "engine/nodes/launch.h"
#include "engine/nodes/transport.h"

namespace flm {

/// Loads lib/flmeval/flmeval-NAME.so below or beside the program's folder (or $FLM_MPI_PLUGIN) and
/// joins the job. UserErrors: no such plug-in, one of another version, a library that counts other
/// ranks than the launcher. Where not all have joined after `patience`, the process says so and
/// ends with exit code 3.
std::unique_ptr<NodeTransport> make_mpi_transport(const JobLaunch& launch,
                                                  std::chrono::milliseconds patience);

}  // namespace flm
