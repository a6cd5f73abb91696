#include "base/machine.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>
#include <thread>

#include "base/errors.h"

namespace flm {
namespace {

/// Folders of this process's cgroup (version 2) from its own up to the root.
template <class F>
void for_cgroups(F visit) {
  std::ifstream file("/proc/self/cgroup");
  std::string line, path;
  while (std::getline(file, line))
    if (line.rfind("0::", 0) == 0) path = line.substr(3);
  while (true) {
    visit("/sys/fs/cgroup" + path);
    if (path.empty() || path == "/") return;
    path = path.substr(0, path.find_last_of('/'));
  }
}

/// The value of a "KEY VALUE" or "KEY: VALUE kB" line; -1 where there is none.
std::int64_t value_in(const std::string& path, const std::string& key) {
  std::ifstream file(path);
  std::string line, word;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::int64_t value = 0;
    if (words >> word >> value && (word == key || word == key + ":")) return value;
  }
  return -1;
}

std::int64_t number_in(const std::string& path) {
  std::ifstream file(path);
  std::int64_t value = 0;
  return file >> value ? value : -1;  // "max" is no number
}

}  // namespace

int available_threads() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  int threads = sched_getaffinity(0, sizeof mask, &mask) == 0
                    ? CPU_COUNT(&mask)
                    : static_cast<int>(std::thread::hardware_concurrency());
  for_cgroups([&](const std::string& folder) {
    std::ifstream file(folder + "/cpu.max");
    double quota = 0, period = 0;
    if (file >> quota >> period && quota > 0 && period > 0)
      threads = std::min(threads, static_cast<int>(std::ceil(quota / period)));
  });
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
  if (const char* typed = std::getenv("FLM_HOST_MEMORY"); typed && *typed) {
    char* end = nullptr;
    const double gib = std::strtod(typed, &end);
    if (*end != '\0')
      throw UserError(std::string("FLM_HOST_MEMORY wants a number of GiB, as in 64: ") + typed);
    return host_memory_bytes("FLM_HOST_MEMORY", gib);
  }
  std::int64_t bytes = inspect_host_memory().available;
  if (bytes == 0) bytes = std::numeric_limits<std::int64_t>::max();
  for_cgroups([&](const std::string& folder) {
    const std::int64_t limit = number_in(folder + "/memory.max"),
                       used = number_in(folder + "/memory.current");
    if (limit < 0 || used < 0) return;
    // Page cache that nobody uses is given back on demand.
    const std::int64_t cache =
        std::max<std::int64_t>(0, value_in(folder + "/memory.stat", "inactive_file"));
    bytes = std::min(bytes, std::max<std::int64_t>(0, limit - used + cache));
  });
  return bytes;
}

}  // namespace flm
