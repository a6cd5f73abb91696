// What this process may use of the machine: threads and memory, as affinity and cgroups allow.
#pragma once

#include <cstdint>
#include <string>

namespace flm {

/// CPUs of the affinity mask, at most the cgroup's CPU quota rounded up; at least 1.
int available_threads();

/// Bytes that can be had without swapping: free memory of the machine or of the tightest cgroup.
std::int64_t available_memory();

}  // namespace flm
