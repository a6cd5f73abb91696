#include "bench/machine/caches.h"

#include <sched.h>

#include <map>
#include <set>
#include <sstream>

#include "base/system/first_line.h"

namespace flm::bench {
namespace {

/// A data or unified cache of one CPU.
struct Cache {
  double bytes = 0;
  std::string sharers;  // the CPUs that it serves: what tells it from its twins
};

double bytes_in(const std::string& size) {
  std::istringstream text(size);
  double number = 0;
  char unit = 0;
  if (!(text >> number)) return 0;
  text >> unit;
  return number * (unit == 'G' ? 1073741824 : unit == 'M' ? 1048576 : unit == 'K' ? 1024 : 1);
}

/// By their levels.
std::map<int, Cache> caches_of_cpu(const std::string& folder, int cpu) {
  std::map<int, Cache> caches;
  for (int index = 0;; ++index) {
    const std::string place =
        folder + "/cpu" + std::to_string(cpu) + "/cache/index" + std::to_string(index) + "/";
    const std::string level = first_line(place + "level"), size = first_line(place + "size");
    if (level.empty() || size.empty()) return caches;
    if (first_line(place + "type") == "Instruction") continue;
    caches[std::stoi(level)] = {bytes_in(size), first_line(place + "shared_cpu_list")};
  }
}

double bytes_of(const std::map<int, Cache>& caches, int level) {
  const auto found = caches.find(level);
  return found == caches.end() ? 0 : found->second.bytes;
}

}  // namespace

Caches caches_of(const std::string& folder, const std::vector<int>& cpus) {
  Caches all;
  std::set<std::string> seen;
  for (const int cpu : cpus) {
    const std::map<int, Cache> caches = caches_of_cpu(folder, cpu);
    if (caches.empty()) continue;
    if (all.l1 == 0) {
      all.l1 = bytes_of(caches, 1);
      all.l2 = bytes_of(caches, 2);
    }
    const Cache& last = caches.rbegin()->second;
    // One that does not say whom it serves is taken for the only one.
    if (seen.insert(last.sharers).second) all.last += last.bytes;
  }
  return all;
}

std::vector<int> allowed_cpus() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  std::vector<int> cpus;
  if (sched_getaffinity(0, sizeof mask, &mask) == 0)
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
      if (CPU_ISSET(cpu, &mask)) cpus.push_back(cpu);
  return cpus.empty() ? std::vector<int>{0} : cpus;
}

}  // namespace flm::bench
