// Sizes of the processor's caches, as Linux tells them below /sys/devices/system/cpu.
#pragma once

#include <string>
#include <vector>

namespace flm::bench {

/// Bytes; 0 where nothing is told.
struct Caches {
  double l1 = 0, l2 = 0;  // of one core
  /// The last caches of all `cpus` together, each once however many share it: buffers that are not
  /// larger can stay in them, as the threads of a process can keep a part each in their own.
  double last = 0;
};

/// `folder` holds cpu0, cpu1, ...; l1 and l2 are those of the first of `cpus`.
Caches caches_of(const std::string& folder, const std::vector<int>& cpus);

/// The CPUs of this process's affinity mask, ascending; 0 alone where the system does not say.
std::vector<int> allowed_cpus();

}  // namespace flm::bench
