// What a library of products offers: cublaslt_products.cc, or a plain one in tests.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/cuda/products/algorithm_table.h"
#include "engine/cuda/products/gemm.h"

namespace flm {

/// Memory that an algorithm may use beside its operands.
struct GemmWorkspace {
  void* memory = nullptr;
  std::int64_t bytes = 0;
};

/// An algorithm in the library's own terms: names where the header that we were built with has
/// them, else numbers.
struct AlgorithmDescription {
  int id = 0;
  std::string tile, stages, cluster;  // as 128x256 (outputs x rows), 64x4, 2x1x1
  int split = 1;                      // parts of k
  int swizzle = 0, custom = 0, inner = 0;
};

/// Bytes that a library is promised of every operand: it begins at a multiple of them. So do its
/// rows, unless they lie one behind the other, as those that algorithms are asked for.
inline constexpr std::int64_t kOperandAlignment = 16;
bool a_lies_as_promised(const GemmCall& call);
bool c_lies_as_promised(const GemmCall& call);
/// Both do. Weights have memory of their own.
bool lies_as_promised(const GemmCall& call);

class GemmLibrary {
 public:
  virtual ~GemmLibrary() = default;
  /// Algorithms for `rows` rows, best first; may be empty. Without workspace none splits k.
  virtual std::vector<AlgorithmSettings> choices(const GemmShape& shape, std::int64_t rows,
                                                 std::int64_t workspace_bytes) = 0;
  virtual AlgorithmDescription describe(const AlgorithmSettings& settings) = 0;
  /// Bytes of workspace that the algorithm, which may have been chosen for other rows, asks for in
  /// this call; -1 where it does not take the call.
  virtual std::int64_t workspace_of(const AlgorithmSettings& settings, const GemmCall& call) = 0;
  /// A call that lies_as_promised(). Throws InternalError where the library refuses it.
  virtual void run(const AlgorithmSettings& settings, const GemmCall& call, CudaStream stream,
                   const GemmWorkspace& workspace) = 0;

  /// Whether it says that it takes this call without workspace.
  bool supports(const AlgorithmSettings& settings, const GemmCall& call) {
    return workspace_of(settings, call) == 0;
  }
  /// Runs it so; false where the library does not take it, whatever it said.
  bool try_run(const AlgorithmSettings& settings, const GemmCall& call, CudaStream stream);
};

/// Loads the library on first use; a UserError where it is missing.
std::unique_ptr<GemmLibrary> make_gemm_library();

}  // namespace flm
