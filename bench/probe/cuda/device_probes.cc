#include "bench/probe/cuda/device_probes.h"

#include "bench/probe/cuda/attention_bits.h"
#include "bench/probe/cuda/instructions.h"
#include "bench/probe/cuda/traffic.h"
#include "bench/probe/output.h"
#include "engine/cuda/attention/attention.h"
#include "engine/cuda/cuda_device.h"
#include "engine/cuda/products/gemm_probe.h"
#include "engine/cuda/runtime/runtime.h"

namespace flm::bench {
namespace {

constexpr int kDevice = 0;

/// The device, chosen for this thread; a UserError where there is none.
CudaDevice the_device() {
  CudaDevice device = inspect_cuda_device(kDevice);
  use_device(kDevice);
  return device;
}

/// A probe of the library's products, which writes a table NAME.csv.
using ProductProbe =
    std::function<void(GemmLibrary& library, std::ostream& csv, std::ostream& lines)>;
Probe product_probe(const std::string& name, const std::string& what, const ProductProbe& probe) {
  return {name, what, [name, probe](const ProbeOptions& options, std::ostream& lines) {
            (void)the_device();
            const std::unique_ptr<GemmLibrary> library = make_gemm_library();
            OutputFile csv(options.out, name + ".csv");
            probe(*library, csv.stream(), lines);
            csv.close();
            return true;
          }};
}

}  // namespace

void add_device_probes(std::vector<Probe>& probes) {
  probes.push_back({"instructions", "wgmma against mma.sync, ex2.approx against a polynomial",
                    [](const ProbeOptions&, std::ostream& lines) {
                      const CudaDevice device = the_device();
                      const bool warpgroups = device.major == 9 && device.minor == 0;
                      return probe_instructions(warpgroups, {}, lines);
                    }});
  probes.push_back({"attention", "attention by wgmma against mma.sync: bits",
                    [](const ProbeOptions&, std::ostream& lines) {
                      const CudaDevice device = the_device();
                      const bool warpgroups = device.major == 9 && device.minor == 0;
                      probe_attention(warpgroups && cuda::built_with_wgmma(), {}, lines);
                      return true;
                    }});
  probes.push_back({"traffic", "copy, read, bus, page-locked memory",
                    [](const ProbeOptions&, std::ostream& lines) {
                      (void)the_device();
                      probe_traffic({}, lines);
                      return true;
                    }});
  probes.push_back(product_probe(
      "gemm", "gemm.csv: the library's algorithms for the 52B's products: rows, times, bits",
      [](GemmLibrary& library, std::ostream& csv, std::ostream& lines) {
        probe_gemm(library, products_of_52b(), {}, csv, lines);
      }));
  probes.push_back(product_probe(
      "tensor-parallel", "tensor-parallel.csv: which have the bits of a rank's part of the outputs",
      [](GemmLibrary& library, std::ostream& csv, std::ostream& lines) {
        constexpr int kRanks[] = {2, 4, 8};
        probe_tensor_parallel(library, products_of_52b(), kRanks, csv, lines);
      }));
  probes.push_back(product_probe("sustained",
                                 "sustained.csv: bf16 products for seconds, with clocks and watts",
                                 [](GemmLibrary& library, std::ostream& csv, std::ostream& lines) {
                                   probe_sustained(library, kDevice, {}, csv, lines);
                                 }));
}

}  // namespace flm::bench
