#include "engine/checkpoint/tensors/stored_tensor.h"

#include <algorithm>
#include <cstring>

#include "base/errors.h"

namespace flm {
namespace {

/// Copies what a tile has of the elements [begin, begin + count) of the whole. The last axis is a
/// row; the axes before it number the rows.
class TileCopy {
 public:
  TileCopy(const Tile& tile, const std::vector<std::int64_t>& shape, std::size_t element,
           std::int64_t begin, std::int64_t count, std::byte* out)
      : tile_(tile),
        shape_(shape),
        element_(static_cast<std::int64_t>(element)),
        begin_(begin),
        end_(begin + count),
        out_(out) {}

  void run() {
    const bool empty = std::find(tile_.extent.begin(), tile_.extent.end(), 0) != tile_.extent.end();
    if (!empty) axis(0, 0, 0);
  }

 private:
  /// `place`: of the whole's element where the box begins on the axes before; `from`: the same of
  /// the file.
  void axis(std::size_t a, std::int64_t place, std::int64_t from) {
    const std::int64_t span = span_of(a);
    if (a + 1 >= shape_.size()) return row(place, from);
    // Only the steps of this axis that reach into the range.
    const std::int64_t first = std::max(tile_.begin[a], (begin_ - place) / span);
    const std::int64_t last =
        std::min(tile_.begin[a] + tile_.extent[a] - 1, (end_ - 1 - place) / span);
    for (std::int64_t i = first; i <= last; ++i)
      axis(a + 1, place + i * span, from + (i - tile_.begin[a]) * tile_.strides[a]);
  }

  /// Elements of the whole for one step of an axis.
  std::int64_t span_of(std::size_t a) const {
    std::int64_t span = 1;
    for (std::size_t i = a + 1; i < shape_.size(); ++i) span *= shape_[i];
    return span;
  }

  void row(std::int64_t place, std::int64_t from) {
    if (shape_.empty()) return copy(place, from, 1, 1);
    const std::int64_t at = place + tile_.begin.back();
    const std::int64_t first = std::max(at, begin_),
                       last = std::min(at + tile_.extent.back(), end_);
    const std::int64_t stride = tile_.strides.back();
    if (first < last) copy(first, from + (first - at) * stride, last - first, stride);
  }

  void copy(std::int64_t place, std::int64_t from, std::int64_t count, std::int64_t stride) {
    std::byte* to = out_ + (place - begin_) * element_;
    const std::byte* source = tile_.data + from * element_;
    if (stride == 1) {
      std::memcpy(to, source, static_cast<std::size_t>(count * element_));
      return;
    }
    for (std::int64_t i = 0; i < count; ++i)
      std::memcpy(to + i * element_, source + i * stride * element_,
                  static_cast<std::size_t>(element_));
  }

  const Tile& tile_;
  const std::vector<std::int64_t>& shape_;
  const std::int64_t element_, begin_, end_;
  std::byte* out_;
};

}  // namespace

std::int64_t StoredTensor::elements() const { return checked_elements(shape).value(); }

std::int64_t StoredTensor::bytes() const {
  return dtype ? elements() * static_cast<std::int64_t>(bytes_of(*dtype)) : 0;
}

bool StoredTensor::in_place() const {
  return tiles.empty() && strides.empty() &&
         reinterpret_cast<std::uintptr_t>(data) % bytes_of(*dtype) == 0;
}

std::vector<std::int64_t> row_major_strides(const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

std::vector<Tile> tiles_of(const StoredTensor& tensor) {
  if (!tensor.tiles.empty()) return tensor.tiles;
  return {{std::vector<std::int64_t>(tensor.shape.size(), 0), tensor.shape,
           tensor.strides.empty() ? row_major_strides(tensor.shape) : tensor.strides, tensor.file,
           tensor.data}};
}

void copy_elements(const StoredTensor& tensor, std::int64_t begin, std::int64_t count,
                   std::byte* out) {
  FLM_CHECK(tensor.dtype.has_value(), "dtype of " + tensor.name);
  if (count == 0) return;
  const std::size_t element = bytes_of(*tensor.dtype);
  if (tensor.tiles.empty() && tensor.strides.empty()) {
    std::memcpy(out, tensor.data + begin * static_cast<std::int64_t>(element),
                static_cast<std::size_t>(count) * element);
    return;
  }
  const auto copy = [&](const Tile& tile) {
    TileCopy(tile, tensor.shape, element, begin, count, out).run();
  };
  for (const Tile& tile : tensor.tiles) copy(tile);
  if (tensor.tiles.empty()) copy(tiles_of(tensor).front());
}

RowMajor row_major(const StoredTensor& tensor) {
  FLM_CHECK(tensor.dtype.has_value(), "dtype of " + tensor.name);
  if (tensor.in_place()) return {{*tensor.dtype, tensor.shape, tensor.data}, tensor.file};
  const std::shared_ptr<std::byte[]> copy(new std::byte[static_cast<std::size_t>(tensor.bytes())]);
  copy_elements(tensor, 0, tensor.elements(), copy.get());
  return {{*tensor.dtype, tensor.shape, copy.get()}, copy};
}

void release_pages(const StoredTensor& tensor, std::int64_t from, std::int64_t bytes) {
  const std::int64_t begin = tensor.data - tensor.file->data() + from;
  tensor.file->release_pages(static_cast<std::size_t>(begin),
                             static_cast<std::size_t>(begin + bytes));
}

std::optional<std::int64_t> checked_elements(const std::vector<std::int64_t>& shape) {
  std::int64_t product = 1;
  for (std::int64_t dimension : shape) {
    if (dimension < 0 || __builtin_mul_overflow(product, dimension, &product) || product >> 62)
      return {};
  }
  return product;
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string out = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) out += (i ? ", " : "") + std::to_string(shape[i]);
  return out + "]";
}

}  // namespace flm
