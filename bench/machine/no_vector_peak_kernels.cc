// A processor for which the portable loops are all that there is.
#include "bench/machine/peak_kernels.h"

namespace flm::bench {

PeakKernels peak_kernels(const std::string&, bool) { return portable_peak_kernels(); }

}  // namespace flm::bench
