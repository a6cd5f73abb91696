// A processor for which the portable kernels are all that there is.
#include "engine/cpu/vector_sets.h"

namespace flm {

std::vector<VectorSet> vector_sets() { return {}; }

}  // namespace flm
