#include "engine/scaling/gpu_parts.h"

#include "base/errors.h"
#include "base/text/joined.h"

namespace flm {
namespace {

constexpr double kTera = 1e12, kGiga = 1e9, kShareOfSheet = 0.6, kShareOfMemory = 0.92;

// NVIDIA's data sheets of the SXM parts (dense bf16, memory); NVLink as nccl-tests reaches it on an
// H100 without in-network sums (370 GB/s; A100: two thirds); PCIe 4.0 and 5.0 x16 as they carry;
// 240 GB/s for eight links at once and 6 GB/s of a local disk are assumed.
constexpr GpuPart kParts[] = {
    {"a100", 312 * kTera* kShareOfSheet, 80 * kGiga* kShareOfMemory, 230 * kGiga, 25 * kGiga,
     160 * kGiga, 6 * kGiga},
    {"h100", 989.4 * kTera* kShareOfSheet, 80 * kGiga* kShareOfMemory, 370 * kGiga, 50 * kGiga,
     240 * kGiga, 6 * kGiga},
    {"h200", 989.4 * kTera* kShareOfSheet, 141 * kGiga* kShareOfMemory, 370 * kGiga, 50 * kGiga,
     240 * kGiga, 6 * kGiga},
};

}  // namespace

const GpuPart& gpu_part(const std::string& name) {
  for (const GpuPart& part : kParts)
    if (name == part.name) return part;
  throw UserError("no rates of this GPU are known; known: " + joined(kParts, ", ", &GpuPart::name) +
                  ": " + name);
}

}  // namespace flm
