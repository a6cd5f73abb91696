#include "engine/cpu/kernels.h"

#include "base/errors.h"

namespace flm {

std::vector<std::string> available_isas() {
  std::vector<std::string> isas;
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  if (avx2 && avx512) isas.push_back("avx512");
  if (avx2) isas.push_back("avx2");
  isas.push_back("portable");
  return isas;
}

const Kernels& choose_kernels(const std::string& isa) {
  const std::vector<std::string> isas = available_isas();
  for (const std::string& name : isas) {
    if (!isa.empty() && name != isa) continue;
    if (name == "avx512")
      return __builtin_cpu_supports("avx512bf16") ? kernels_avx512_bf16() : kernels_avx512();
    if (name == "avx2") return kernels_avx2();
    return kernels_portable();
  }
  throw UserError("this machine has no instruction set \"" + isa +
                  "\"; use avx512, avx2 or portable");
}

}  // namespace flm
