// Probes of device 0: device_probes.cc in a CUDA build, no_device_probes.cc in the others.
#pragma once

#include <vector>

#include "bench/probe/probe.h"

namespace flm::bench {

void add_device_probes(std::vector<Probe>& probes);

}  // namespace flm::bench
