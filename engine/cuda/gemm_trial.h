// One product tried with one algorithm after the other: its speed, and whether a row's bits depend
// on the number of rows.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/cuda/gemm_library.h"
#include "engine/cuda/gemm_operands.h"

namespace flm {

/// What an algorithm may be used for, as far as its rows' bits were tried.
enum class RowUse { kAnyNumber, kMultiples, kNone };  // of kPaddedRows

/// The first value of a row in `rows` rows that has other bits than in many.
struct RowDifference {
  std::int64_t rows = 0, row = 0, column = 0;  // the row within its call
  float found = 0, expected = 0;
};
struct RowVerdict {
  std::vector<std::int64_t> refused, differing;  // numbers of rows
  std::optional<RowDifference> first;            // of the least number that differs

  /// Other numbers of rows count for kAnyNumber only.
  RowUse use() const;
  /// "not taken with 1, 2 rows; other bits with 7 rows, first at row 3, column 5: 0.1 for 0.2", or
  /// "the same bits in any number of rows".
  std::string text() const;
};

class GemmTrial {
 public:
  /// At most `rows` rows, a multiple of kPaddedRows above kMostFewRows.
  GemmTrial(GemmLibrary& library, const GemmShape& shape, std::int64_t rows, const Stream& stream);

  /// Seconds of `rows` rows: the fewer, the more calls at a time.
  double seconds(const AlgorithmSettings& settings, std::int64_t rows,
                 std::int64_t workspace_bytes = 0);
  /// Makes the rows that others are compared with, all in one call. seconds() may spoil them.
  void refer_to(const AlgorithmSettings& settings);
  /// The same algorithm in few rows and in multiples of kPaddedRows, at several places.
  RowVerdict examine(const AlgorithmSettings& settings);
  /// Whether at most kMostFewRows rows have the bits of those referred to.
  RowVerdict examine_few(const AlgorithmSettings& settings);

 private:
  GemmCall call(std::int64_t first, std::int64_t rows) const;
  RowVerdict compare(const AlgorithmSettings& settings, std::span<const std::int64_t> numbers);
  std::optional<RowDifference> difference(const AlgorithmSettings& settings, std::int64_t rows);
  std::optional<RowDifference> difference_at(std::int64_t first, std::int64_t rows);

  GemmLibrary& library_;
  const std::int64_t rows_, part_rows_;
  const GemmOperands operands_;
  const Scratch all_, part_, found_;  // [rows, n] referred to; [part_rows, n]; one number
};

}  // namespace flm
