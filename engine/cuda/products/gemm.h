// The matrix products of the CUDA backend, by a library: cublaslt_gemm.cc, or a plain one in tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "engine/cuda/runtime/runtime.h"

namespace flm {

/// c [m, n] = alpha * (a [m, k] * weight [n, k]^T), or c += that; all row-major in device memory, c
/// in fp32.
struct GemmCall {
  const void* a = nullptr;
  std::int64_t a_stride = 0;  // elements
  const void* weight = nullptr;
  float* c = nullptr;
  std::int64_t c_stride = 0;
  std::int64_t m = 0, n = 0, k = 0;
  bool bf16 = false;  // type of a and weight; fp32 is computed without TF32
  float alpha = 1;
  bool accumulate = false;

  std::int64_t element_bytes() const { return bf16 ? 2 : 4; }  // of a and weight
  /// `count` of the rows, from `first` on.
  GemmCall rows(std::int64_t first, std::int64_t count) const {
    GemmCall part = *this;
    part.a = static_cast<const std::byte*>(a) + first * a_stride * element_bytes();
    part.c += first * c_stride;
    part.m = count;
    return part;
  }
};

struct GemmShape {
  std::int64_t n = 0, k = 0;
  bool bf16 = false;
};

/// The order of an output's sum depends on (n, k) and the type alone, never on m.
class Gemm {
 public:
  virtual ~Gemm() = default;
  virtual void run(const GemmCall& call) = 0;
};

/// Loads the library on first use; `device` names the table of pinned algorithms, `stream` is the
/// one that runs everything.
std::unique_ptr<Gemm> make_gemm(const std::string& device, const Stream& stream);

std::int64_t gemm_version();

/// Its name, version and file, or why it cannot be loaded: a line for people.
std::string describe_gemm_library();

/// Whether an output's sum depends on k alone: then products that are cut by their outputs, as
/// tensor parallel cuts them, have the bits of the whole ones.
bool gemm_sums_by_inputs_alone();

/// Library, version and what decides the algorithms: part of the numerics.
std::string gemm_identity(const std::string& device);

}  // namespace flm
