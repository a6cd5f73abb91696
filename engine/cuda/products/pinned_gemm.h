// One pinned algorithm of a library for each product, so that a row's bits never depend on the
// number of rows: the order of sums is the algorithm's.
#pragma once

#include <map>
#include <memory>
#include <set>

#include "engine/cuda/products/algorithm_table.h"
#include "engine/cuda/products/dense_calls.h"
#include "engine/cuda/products/gemm_library.h"
#include "engine/cuda/runtime/device_pool.h"

namespace flm {

class PinnedGemm : public Gemm {
 public:
  /// `stream` is the one that runs everything.
  PinnedGemm(std::unique_ptr<GemmLibrary> library, AlgorithmTable table, const Stream& stream);
  ~PinnedGemm() override;

  /// A shape that the table lacks is searched once and kept.
  void run(const GemmCall& call) override;

 private:
  struct Padding {
    void *a = nullptr, *c = nullptr;  // [kPaddedRows, k], [kPaddedRows, n]
  };
  void run_promised(const GemmCall& call);
  const PinnedAlgorithm& pinned_for(const GemmCall& call);
  void check(const PinnedAlgorithm& pinned, GemmCall call);
  void run_part(const PinnedAlgorithm& pinned, const GemmCall& call);
  void run_rest(const PinnedAlgorithm& pinned, const GemmCall& call);
  void run_padded(const PinnedAlgorithm& pinned, const GemmCall& call);
  const Padding& padding_for(const GemmCall& call);

  const std::unique_ptr<GemmLibrary> library_;
  AlgorithmTable table_;
  const Stream& stream_;
  DenseCalls dense_;
  DevicePool pool_;
  std::set<AlgorithmTable::Key> checked_;
  std::map<AlgorithmTable::Key, Padding> paddings_;  // where they are, recorded steps find them
};

}  // namespace flm
