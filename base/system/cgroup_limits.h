// What the control groups of this process let it have.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

namespace flm {

struct CgroupLimits {
  double cpus = std::numeric_limits<double>::infinity();           // of the tightest quota
  std::int64_t memory = std::numeric_limits<std::int64_t>::max();  // bytes that can still be had
};

/// Of versions 1 and 2, from the process's own groups up to the roots that it sees. `root` stands
/// before /proc and /sys, for tests.
CgroupLimits cgroup_limits(const std::string& root = "");

/// The value of a "KEY VALUE" or "KEY: VALUE kB" line of the file; -1 where there is none.
std::int64_t value_in(const std::string& path, const std::string& key);

}  // namespace flm
