// One pinned algorithm of a library for each product, so that a row's bits never depend on the
// number of rows: the order of sums is the algorithm's.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "engine/cuda/algorithm_table.h"
#include "engine/cuda/device_pool.h"
#include "engine/cuda/gemm.h"

namespace flm {

/// Memory that an algorithm may use beside its operands.
struct GemmWorkspace {
  void* memory = nullptr;
  std::int64_t bytes = 0;
};

/// What a library of products offers.
class GemmLibrary {
 public:
  virtual ~GemmLibrary() = default;
  /// Algorithms for many rows, best first; at least one. Without workspace none splits k.
  virtual std::vector<AlgorithmSettings> choices(const GemmShape& shape,
                                                 std::int64_t workspace_bytes) = 0;
  /// Whether the algorithm, which was chosen for many rows, takes this call too; without workspace.
  virtual bool supports(const AlgorithmSettings& settings, const GemmCall& call) = 0;
  virtual void run(const AlgorithmSettings& settings, const GemmCall& call, CudaStream stream,
                   const GemmWorkspace& workspace) = 0;
};

class PinnedGemm : public Gemm {
 public:
  /// `stream` is the one that runs everything.
  PinnedGemm(std::unique_ptr<GemmLibrary> library, AlgorithmTable table, const Stream& stream);
  ~PinnedGemm() override;

  /// A shape that the table lacks is searched once and kept: the first choice whose rows do not
  /// depend on their number, else the first that can in calls of kPaddedRows rows.
  void run(const GemmCall& call) override;

 private:
  struct Padding {
    void *a = nullptr, *c = nullptr;  // [kPaddedRows, k], [kPaddedRows, n]
  };
  PinnedAlgorithm search(const GemmShape& shape);
  void check(const PinnedAlgorithm& pinned, GemmCall call);
  Padding& padding_for(const AlgorithmTable::Key& key, const GemmCall& call);
  void run_padded(const PinnedAlgorithm& pinned, const GemmCall& call, const Padding& padding);

  const std::unique_ptr<GemmLibrary> library_;
  AlgorithmTable table_;
  const Stream& stream_;
  DevicePool pool_;
  std::set<AlgorithmTable::Key> checked_;
  std::map<AlgorithmTable::Key, Padding> paddings_;  // where they are, recorded steps find them
};

struct TimedAlgorithm {
  AlgorithmSettings settings{};
  double seconds = 0, decode_seconds = 0;  // of kTunedRows and of kDecodedRows
};
/// Scoring comes first: of those within one percent of the fastest there, the one that decodes
/// fastest.
const TimedAlgorithm& best_of(const std::vector<TimedAlgorithm>& all);

/// The best choice whose bits do not depend on the number of rows; where all depend, the first,
/// padded. Beside it, for comparison only, what the library would take with workspace.
TunedAlgorithm tune_gemm(GemmLibrary& library, const GemmShape& shape);
double fastest_gemm_seconds(GemmLibrary& library, const GemmShape& shape, std::int64_t rows);

}  // namespace flm
