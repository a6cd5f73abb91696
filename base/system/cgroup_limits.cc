#include "base/system/cgroup_limits.h"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace flm {
namespace {

std::int64_t number_in(const std::string& path) {
  std::ifstream file(path);
  std::int64_t value = 0;
  return file >> value ? value : -1;  // "max" is no number
}

/// Names of files, which differ between the versions.
struct MemoryFiles {
  const char *limit, *used, *cache;
};
constexpr MemoryFiles kVersion1 = {"/memory.limit_in_bytes", "/memory.usage_in_bytes",
                                   "total_inactive_file"};
constexpr MemoryFiles kVersion2 = {"/memory.max", "/memory.current", "inactive_file"};

void tighten_memory(CgroupLimits& limits, const std::string& folder, const MemoryFiles& files) {
  const std::int64_t limit = number_in(folder + files.limit), used = number_in(folder + files.used);
  if (limit < 0 || used < 0) return;
  // Page cache that nobody uses is given back on demand.
  const std::int64_t cache =
      std::max<std::int64_t>(0, value_in(folder + "/memory.stat", files.cache));
  limits.memory = std::min(limits.memory, std::max<std::int64_t>(0, limit - used + cache));
}

void tighten_cpus(CgroupLimits& limits, double quota, double period) {
  if (quota > 0 && period > 0) limits.cpus = std::min(limits.cpus, quota / period);
}

void tighten_version_2(CgroupLimits& limits, const std::string& folder) {
  std::ifstream file(folder + "/cpu.max");
  double quota = 0, period = 0;
  if (file >> quota >> period) tighten_cpus(limits, quota, period);
  tighten_memory(limits, folder, kVersion2);
}

/// Calls visit(folder) for `path` and all above it, `mount` the last. In a container the path may
/// be the host's, and of these folders the last alone be there.
template <class F>
void upwards(const std::string& mount, std::string path, F visit) {
  while (true) {
    visit(mount + path);
    if (path.empty() || path == "/") return;
    path = path.substr(0, path.find_last_of('/'));
  }
}

}  // namespace

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

CgroupLimits cgroup_limits(const std::string& root) {
  CgroupLimits limits;
  const std::string mounts = root + "/sys/fs/cgroup";
  std::ifstream file(root + "/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {  // ID:CONTROLLERS:PATH; version 2: 0::PATH
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string path = line.substr(second + 1);
    if (controllers == ",,")
      upwards(mounts, path, [&](const std::string& folder) { tighten_version_2(limits, folder); });
    if (controllers.find(",memory,") != std::string::npos)
      upwards(mounts + "/memory", path,
              [&](const std::string& folder) { tighten_memory(limits, folder, kVersion1); });
    if (controllers.find(",cpu,") != std::string::npos)
      upwards(mounts + "/cpu", path, [&](const std::string& folder) {
        tighten_cpus(limits, static_cast<double>(number_in(folder + "/cpu.cfs_quota_us")),
                     static_cast<double>(number_in(folder + "/cpu.cfs_period_us")));
      });
  }
  return limits;
}

}  // namespace flm
