// Products of pseudo-random operands by one algorithm: its speed, and whether a row's bits depend
// on the number of rows.
#pragma once

#include <vector>

#include "engine/cuda/device_pool.h"
#include "engine/cuda/pinned_gemm.h"
#include "engine/cuda/scratch.h"

namespace flm {

class GemmTrial {
 public:
  /// At most `rows` rows, kSearchedRows or more. The operands depend on the shape alone, so that a
  /// search has one answer.
  GemmTrial(GemmLibrary& library, const GemmShape& shape, std::int64_t rows, const Stream& stream);
  ~GemmTrial();
  GemmTrial(const GemmTrial&) = delete;
  GemmTrial& operator=(const GemmTrial&) = delete;

  /// Best of ten runs: of all rows, of kDecodedRows, of so many in calls of kPaddedRows.
  double seconds(const AlgorithmSettings& settings, std::int64_t workspace_bytes);
  double decode_seconds(const AlgorithmSettings& settings);
  double padded_seconds(const AlgorithmSettings& settings, std::int64_t rows);
  bool supports(const AlgorithmSettings& settings, std::int64_t rows);
  /// Whether every number of rows that is tried is possible and gives a row the same bits, wherever
  /// it lies.
  bool independent(const AlgorithmSettings& settings);
  /// In calls of kPaddedRows: whether a row has the same bits at other places among them.
  bool independent_of_place(const AlgorithmSettings& settings);

 private:
  std::int64_t element_bytes() const { return shape_.bf16 ? 2 : 4; }
  std::vector<std::byte> random_rows(std::int64_t rows) const;
  GemmCall call(std::int64_t rows, std::int64_t first = 0) const;
  double seconds_of(const AlgorithmSettings& settings, std::int64_t calls, std::int64_t rows,
                    std::int64_t workspace_bytes);
  std::vector<float> rows_of(const AlgorithmSettings& settings, std::int64_t first,
                             std::int64_t rows);
  std::vector<float> output(std::int64_t first, std::int64_t rows);  // of the last call
  bool independent_from(const AlgorithmSettings& settings, std::int64_t begin);

  GemmLibrary& library_;
  const GemmShape shape_;
  const std::int64_t rows_;
  const Stream& stream_;
  DevicePool pool_;
  const Scratch a_, weight_, c_;
};

}  // namespace flm
