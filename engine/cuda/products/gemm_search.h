// Which of a library's algorithms computes a product, so that a row's bits never depend on the
// number of rows.
#pragma once

#include <string>
#include <vector>

#include "engine/cuda/products/gemm_library.h"

namespace flm {

/// Rows that choices are asked for and tuning times: a scoring batch, and a decoding step. Rows of
/// the call that a search within a run compares others with, and the most of those others.
inline constexpr std::int64_t kTunedRows = 4096, kDecodedRows = 32, kSearchedRows = 1024,
                              kComparedRows = 384;

/// What a search found, and a line for each choice that it looked at.
struct FoundAlgorithm {
  PinnedAlgorithm pinned;
  std::vector<std::string> notes;
};
/// The library's first choice whose bits do not depend on the number of rows, else the first that
/// computes multiples of kPaddedRows; the former answer depends on device and library alone. Beside
/// it the fastest for few rows among those that have its bits. A UserError names every choice where
/// none will do.
FoundAlgorithm search_algorithm(GemmLibrary& library, const GemmShape& shape, const Stream& stream);

/// What `doctor --tune` found for one shape.
struct TunedAlgorithm {
  FoundAlgorithm found;
  // Of kTunedRows rows by it, by the library's first choice, by the fastest of all that were tried.
  double seconds = 0, first_seconds = 0, best_seconds = 0;
  double decode_seconds = 0;  // of kDecodedRows rows by it
  int tried = 0, dependent = 0;
};
/// The fastest choice for kTunedRows rows; one that is padded counts with its padded call. Beside
/// it, for comparison only, what the library would take with workspace.
TunedAlgorithm tune_gemm(GemmLibrary& library, const GemmShape& shape);

struct TimedAlgorithm {
  AlgorithmSettings settings{};
  double seconds = 0;
};
/// Of all for `rows` rows, with kFreeWorkspace and any split.
inline constexpr std::int64_t kFreeWorkspace = std::int64_t{32} << 20;  // bytes
TimedAlgorithm fastest_gemm(GemmLibrary& library, const GemmShape& shape, std::int64_t rows);

}  // namespace flm
