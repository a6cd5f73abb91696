// One product tried with one algorithm after the other: its speed, and whether a row's bits depend
// on the number of rows.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "engine/cuda/products/gemm_library.h"
#include "engine/cuda/products/gemm_operands.h"

namespace flm {

/// What an algorithm may be used for, as far as its rows' bits were tried.
enum class RowUse { kAnyNumber, kMultiples, kNone };  // of kPaddedRows

/// The first value of a row in `rows` rows that has other bits than in many.
struct RowDifference {
  std::int64_t rows = 0, row = 0, column = 0;  // the row within its call
  float found = 0, expected = 0;
};
struct RowVerdict {
  std::set<std::int64_t> refused, differing;  // numbers of rows
  std::optional<RowDifference> first;         // that was seen

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
  /// Nothing where the library does not take so many rows without workspace.
  std::optional<double> seconds_if_taken(const AlgorithmSettings& settings, std::int64_t rows);
  /// The algorithm's rows in few and in multiples of kPaddedRows, at several places, against the
  /// same rows among all; without and with what is in c before.
  RowVerdict examine(const AlgorithmSettings& settings);
  /// At most kMostFewRows rows by it, against those of `pinned` among all.
  RowVerdict examine_few(const AlgorithmSettings& settings, const AlgorithmSettings& pinned);

 private:
  /// A call that is compared with its rows among all.
  struct Part {
    bool adds = false;
    std::int64_t first = 0, rows = 0;
  };
  GemmCall call(std::int64_t first, std::int64_t rows) const;
  RowVerdict compare(const AlgorithmSettings& settings, const AlgorithmSettings& all,
                     std::span<const std::int64_t> numbers);
  bool run(const AlgorithmSettings& settings, const Part& part);
  /// False where the library refuses one of the calls; else what was compared is behind `parts`.
  bool compare_rows(const AlgorithmSettings& settings, std::int64_t rows, bool adds,
                    std::vector<Part>& parts);
  RowDifference difference_at(const AlgorithmSettings& settings, const AlgorithmSettings& all,
                              const Part& part, std::int64_t at);

  GemmLibrary& library_;
  const std::int64_t rows_, part_rows_;
  const GemmOperands operands_;
  // [rows, n] referred to; [part_rows, n]; for each part where it differs first
  const Scratch all_, part_, found_;
};

}  // namespace flm
