#include "bench/probe/cuda/device_probes.h"

#include "bench/probe/cuda/instructions.h"
#include "bench/probe/cuda/traffic.h"
#include "engine/cuda/cuda_device.h"
#include "engine/cuda/runtime.h"

namespace flm::bench {
namespace {

constexpr int kDevice = 0;

/// The device, chosen for this thread; a UserError where there is none.
CudaDevice the_device() {
  CudaDevice device = inspect_cuda_device(kDevice);
  use_device(kDevice);
  return device;
}

}  // namespace

void add_device_probes(std::vector<Probe>& probes) {
  probes.push_back({"instructions", "wgmma against mma.sync, ex2.approx against a polynomial",
                    [](const ProbeOptions&, std::ostream& lines) {
                      const CudaDevice device = the_device();
                      const bool warpgroups = device.major == 9 && device.minor == 0;
                      return probe_instructions(warpgroups, {}, lines);
                    }});
  probes.push_back({"traffic", "copy, read, bus, page-locked memory",
                    [](const ProbeOptions&, std::ostream& lines) {
                      (void)the_device();
                      probe_traffic(kDevice, {}, lines);
                      return true;
                    }});
}

}  // namespace flm::bench
