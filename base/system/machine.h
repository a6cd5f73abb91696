// What this process may use of the machine: threads and memory, as affinity and cgroups allow.
#pragma once

#include <cstdint>
#include <string>

namespace flm {

/// CPUs of the affinity mask, at most the cgroup's CPU quota rounded up; at least 1.
int available_threads();

/// What the system says of the host's memory, in bytes; 0: nothing.
struct HostMemory {
  std::int64_t total = 0, available = 0;  // of the machine
};
HostMemory inspect_host_memory();

/// Bytes that can be had without swapping: free memory of the machine or of the tightest cgroup, or
/// what FLM_HOST_MEMORY says in GiB (a virtual machine may show less than it grows to). A UserError
/// where that is no number above 0.
std::int64_t available_memory();
/// GiB that somebody has typed as bytes; `what` names the place. UserErrors with value and remedy.
std::int64_t host_memory_bytes(const std::string& what, double gib);

/// Of a host that can give so much, what copies of streamed weights may lock in place: the rest is
/// the system's and the page cache's.
inline std::int64_t page_locked_bytes(std::int64_t host_memory) { return host_memory / 10 * 7; }

}  // namespace flm
