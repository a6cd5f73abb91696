// What one machine, and a device in it, can say of itself, and workloads of a real evaluation's
// shape: probes by name. flmeval-probe NAME prints lines "key value unit" and leaves files in a
// folder.
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

namespace flm::bench {

struct ProbeOptions {
  std::string out = ".";  // folder of tables and other files; made where it is missing
  std::string model;      // of store-weights: synthetic:PRESET...
};

struct Probe {
  std::string name, what;
  /// Prints its lines as they come; false: the device does not do what we take for granted.
  std::function<bool(const ProbeOptions&, std::ostream& lines)> run;
};

/// Those of the host, and in a CUDA build those of device 0.
std::vector<Probe> every_probe();

/// The arguments after the program's name; the exit code: 0 done, 1 the probe found something
/// wrong, 2 the user's error, 70 ours.
int run_probe_command_line(const std::vector<std::string>& arguments, std::ostream& lines);

}  // namespace flm::bench
