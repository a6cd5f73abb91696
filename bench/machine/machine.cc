#include "bench/machine/machine.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>

#include "base/system/clock.h"
#include "base/system/first_line.h"
#include "base/system/machine.h"
#include "bench/machine/caches.h"
#include "engine/cpu/kernels.h"

namespace flm::bench {
std::string cpu_name(const std::string& cpuinfo) {
  std::istringstream lines(cpuinfo);
  std::map<std::string, std::string> seen;
  for (std::string line; std::getline(lines, line) && !line.empty();) {
    const auto colon = line.find(':');
    if (colon == std::string::npos || colon + 2 > line.size()) continue;
    std::string key = line.substr(0, colon);
    key.erase(key.find_last_not_of(" \t") + 1);
    seen[key] = line.substr(colon + 2);
  }
  if (seen.contains("CPU implementer"))
    return "ARM implementer " + seen["CPU implementer"] + ", part " + seen["CPU part"] +
           ", variant " + seen["CPU variant"] + ", revision " + seen["CPU revision"];
  std::string name = seen.contains("model name") ? seen["model name"] : "unknown";
  if (seen.contains("cpu family"))
    name += " (family " + seen["cpu family"] + ", model " + seen["model"] + ", stepping " +
            seen["stepping"] + ")";
  return name;
}

Machine this_machine() {
  Machine machine;
  std::ifstream cpuinfo("/proc/cpuinfo");
  machine.cpu = cpu_name({std::istreambuf_iterator<char>(cpuinfo), {}});
  const Caches caches = caches_of("/sys/devices/system/cpu", allowed_cpus());
  machine.l1_bytes = caches.l1;
  machine.l2_bytes = caches.l2;
  machine.last_cache_bytes = caches.last;
  if (machine.l1_bytes == 0) machine.l1_bytes = 32768;
  if (machine.l2_bytes == 0) machine.l2_bytes = 1048576;
  if (machine.last_cache_bytes == 0) machine.last_cache_bytes = 33554432;
  machine.threads = available_threads();
  const Kernels& kernels = choose_kernels("");
  machine.isa = kernels.isa;
  machine.bf16_dot = kernels.bf16_in_hardware;
  return machine;
}

std::map<std::string, std::string> environment(const Machine& machine) {
  std::map<std::string, std::string> facts;
  const auto put = [&](const std::string& key, const std::string& value) {
    if (!value.empty()) facts[key] = value;
  };
  put("cpu", machine.cpu);
  put("cores", std::to_string(machine.threads));
  put("isa", machine.isa);
  put("last_cache_bytes", std::to_string(static_cast<long long>(machine.last_cache_bytes)));
  put("governor", first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"));
  put("huge_pages", first_line("/sys/kernel/mm/transparent_hugepage/enabled"));
  utsname system{};
  if (uname(&system) == 0) put("kernel", system.release);
  put("container", access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0
                       ? "yes"
                       : "not seen");
  put("load_average_at_start", first_line("/proc/loadavg"));
  put("compiler", FLM_BENCH_COMPILER);
  put("flags", FLM_BENCH_FLAGS);
  put("build_type", FLM_BENCH_BUILD_TYPE);
  put("commit", FLM_BENCH_COMMIT);
  put("flmeval_date", utc_timestamp());
  put("format", "flmeval-bench 1");
  return facts;
}

std::string busy_note(const std::string& load_average, int cores) {
  constexpr double kQuiet = 0.5;
  std::istringstream text(load_average);
  double load = 0;
  if (!(text >> load) || load <= kQuiet) return "";
  char line[160];
  std::snprintf(
      line, sizeof line,
      "BUSY MACHINE: load average %.1f on %d core%s when it began; times and ceilings are "
      "of what was left over",
      load, cores, cores == 1 ? "" : "s");
  return line;
}

}  // namespace flm::bench
