// A process by a name that no other has, on this machine or another: who computes a stored run, and
// whether it still does.
#pragma once

#include <string>

namespace flm {

/// This process: host, machine, boot, pid namespace, pid and start time, as one line.
std::string this_process();

enum class ProcessState {
  kAlive,
  kGone,
  kOutOfSight,  // of another host or container, or a name that says nothing
};

/// What has become of the process of that name.
ProcessState state_of_process(const std::string& name);

}  // namespace flm
