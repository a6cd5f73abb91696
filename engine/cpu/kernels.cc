#include "engine/cpu/kernels.h"

#include "base/errors.h"
#include "base/text/joined.h"
#include "engine/cpu/vector_sets.h"

namespace flm {
namespace {

constexpr const char* kPortable = "portable";

}  // namespace

std::vector<std::string> available_isas() {
  std::vector<std::string> isas;
  for (const VectorSet& set : vector_sets()) isas.push_back(set.name);
  isas.push_back(kPortable);
  return isas;
}

const Kernels& choose_kernels(const std::string& isa) {
  for (const VectorSet& set : vector_sets())
    if (isa.empty() || set.name == isa) return set.kernels();
  if (isa.empty() || isa == kPortable) return kernels_portable();
  throw UserError("this machine has no instruction set \"" + isa + "\"; choose from " +
                  joined(available_isas(), ", "));
}

}  // namespace flm
