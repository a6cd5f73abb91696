// A build without CUDA has no probes of a device.
#include "bench/probe/cuda/device_probes.h"

namespace flm::bench {

void add_device_probes(std::vector<Probe>&) {}

}  // namespace flm::bench
