// What a result depends on: processor, caches, frequency rules, build, load.
#pragma once

#include <map>
#include <string>

namespace flm::bench {

struct Machine {
  std::string cpu;
  double l1_bytes = 0, l2_bytes = 0;  // of one core
  double last_cache_bytes = 0;        // all last caches that the process's cores have, together
  int threads = 1;                    // all that this process may use
  bool bf16_dot = false;
  std::string isa;  // avx512, avx2, portable: the best for the ceilings
};
Machine this_machine();

/// Of the first processor in the text of /proc/cpuinfo; ARM's has numbers and no name.
std::string cpu_name(const std::string& cpuinfo);

/// Everything else worth keeping with a result: governor, kernel, container, compiler, flags,
/// commit, load average, date. Unknown values are left out.
std::map<std::string, std::string> environment(const Machine& machine);

/// What others did on the machine when a measurement began, where it was enough to move figures:
/// more than half a thread's work in `load_average` (as /proc/loadavg has it). Empty: quiet, or
/// unknown.
std::string busy_note(const std::string& load_average, int cores);

}  // namespace flm::bench
