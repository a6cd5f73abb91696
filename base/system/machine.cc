#include "base/system/machine.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <sstream>
#include <thread>

#include "base/errors.h"
#include "base/system/cgroup_limits.h"
#include "base/system/environment.h"

namespace flm {

int available_threads() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  int threads = sched_getaffinity(0, sizeof mask, &mask) == 0
                    ? CPU_COUNT(&mask)
                    : static_cast<int>(std::thread::hardware_concurrency());
  const double cpus = std::ceil(cgroup_limits().cpus);
  if (cpus < threads) threads = static_cast<int>(cpus);
  return std::max(threads, 1);
}

HostMemory inspect_host_memory() {
  const auto bytes = [](const char* key) {
    return std::max<std::int64_t>(0, value_in("/proc/meminfo", key)) * 1024;
  };
  return {bytes("MemTotal"), bytes("MemAvailable")};
}

std::int64_t host_memory_bytes(const std::string& what, double gib) {
  constexpr double kMostGib = 1 << 20;  // a PiB
  if (!(gib > 0 && gib <= kMostGib)) {
    std::ostringstream value;
    value << gib;
    throw UserError(what + " wants GiB above 0 and at most 1048576, as in 64: " + value.str());
  }
  return static_cast<std::int64_t>(gib * (std::int64_t{1} << 30));
}

std::int64_t available_memory() {
  if (const auto typed = environment("FLM_HOST_MEMORY")) {
    char* end = nullptr;
    const double gib = std::strtod(typed->c_str(), &end);
    if (*end != '\0') throw UserError("FLM_HOST_MEMORY wants a number of GiB, as in 64: " + *typed);
    return host_memory_bytes("FLM_HOST_MEMORY", gib);
  }
  std::int64_t bytes = inspect_host_memory().available;
  if (bytes == 0) bytes = std::numeric_limits<std::int64_t>::max();
  return std::min(bytes, cgroup_limits().memory);
}

}  // namespace flm
