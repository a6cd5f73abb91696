#include "engine/machine.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <thread>

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

std::int64_t available_memory() {
  const std::int64_t free_kib = value_in("/proc/meminfo", "MemAvailable");
  std::int64_t bytes = free_kib < 0 ? std::numeric_limits<std::int64_t>::max() : free_kib * 1024;
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
