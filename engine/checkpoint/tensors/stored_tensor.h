// One tensor as a file stores it, before anybody asks whether the model wants it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/checkpoint/tensors/mapped_file.h"
#include "engine/checkpoint/tensors/tensor.h"

namespace flm {

/// A box of a tensor that lies in one piece of a file, perhaps with gaps between its rows.
struct Tile {
  std::vector<std::int64_t> begin, extent;  // of the box, by axis
  std::vector<std::int64_t> strides;        // of the file's elements, by axis
  std::shared_ptr<const MappedFile> file;
  const std::byte* data = nullptr;  // of the element at `begin`
};

/// The reader has checked that every element lies inside the file.
struct StoredTensor {
  std::string name;
  std::string dtype_name;      // as the file spells it: BF16, I64 ...
  std::optional<DType> dtype;  // nothing: not a dtype of weights
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;  // in elements; empty: row-major without gaps
  std::shared_ptr<const MappedFile> file;
  const std::byte* data = nullptr;  // element 0
  /// Where it lies in pieces, as a trainer's ranks write it: boxes that cover it once. `file` and
  /// `data` are null then.
  std::vector<Tile> tiles = {};

  std::int64_t elements() const;
  std::int64_t bytes() const;  // row-major; 0 where dtype is nothing
  /// Whether the file's bytes can be used where they are: row-major and aligned.
  bool in_place() const;
};

/// A weight in row-major order: the mapped bytes themselves where they are so, a copy otherwise.
struct RowMajor {
  TensorView view;
  std::shared_ptr<const void> storage;
};
RowMajor row_major(const StoredTensor& tensor);
/// Bytes [from, from + bytes) of a tensor that lies in place may leave this process's memory: who
/// reads them again has them from the system's.
void release_pages(const StoredTensor& tensor, std::int64_t from, std::int64_t bytes);

/// Elements [begin, begin + count) in row-major order, into `out`.
void copy_elements(const StoredTensor& tensor, std::int64_t begin, std::int64_t count,
                   std::byte* out);

/// Its boxes: those that it lies in, or the one that is all of it.
std::vector<Tile> tiles_of(const StoredTensor& tensor);

/// Strides of row-major order.
std::vector<std::int64_t> row_major_strides(const std::vector<std::int64_t>& shape);

/// Product of the dimensions; nothing if one is negative or the product leaves 62 bits.
std::optional<std::int64_t> checked_elements(const std::vector<std::int64_t>& shape);

/// "[12, 8]".
std::string shape_text(const std::vector<std::int64_t>& shape);

}  // namespace flm
