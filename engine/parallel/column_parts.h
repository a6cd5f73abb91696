// A matrix whose columns lie with several ranks, and how they become whole on each of them.
#pragma once

#include <cstdint>
#include <span>

#include "engine/parallel/shard.h"

namespace flm {

/// One rank's end of a gather: it has the columns parts[rank] of a matrix [rows, width] and gets
/// the others'. Bytes are moved and never added, so no bit depends on who moves them, or in which
/// order. `mine` may lie in its place in `whole`.
struct ColumnParts {
  const void* mine = nullptr;
  std::int64_t mine_stride = 0;  // elements from row to row
  void* whole = nullptr;
  std::int64_t whole_stride = 0;
  std::int64_t rows = 0;
  std::int64_t element_bytes = 4;
  std::span<const Range> parts = {};  // [ranks], side by side, in elements of a row of `whole`

  /// Where the first element of a rank's columns lies in `whole`, in bytes.
  std::int64_t offset(int rank) const {
    return parts[static_cast<std::size_t>(rank)].begin * element_bytes;
  }
  std::int64_t bytes_of_row(int rank) const {
    return parts[static_cast<std::size_t>(rank)].size() * element_bytes;
  }
  std::int64_t mine_pitch() const { return mine_stride * element_bytes; }
  std::int64_t whole_pitch() const { return whole_stride * element_bytes; }
};

/// Copies the columns of rank `from`, as it has them in the host's memory, to their place in
/// to.whole.
void copy_columns(const ColumnParts& of, int from, const ColumnParts& to);

}  // namespace flm
