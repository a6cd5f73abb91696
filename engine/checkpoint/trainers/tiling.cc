#include "engine/checkpoint/trainers/tiling.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <tuple>

#include "base/errors.h"

namespace flm {
namespace {

/// The same dtype, no shape and no bytes yet.
StoredTensor begun(const StoredTensor& like) {
  StoredTensor out;
  out.name = like.name;
  out.dtype_name = like.dtype_name;
  out.dtype = like.dtype;
  return out;
}

const std::byte* element_at(const Tile& tile, std::size_t element, std::size_t axis,
                            std::int64_t steps) {
  return tile.data + steps * tile.strides[axis] * static_cast<std::int64_t>(element);
}

bool is_empty(const Tile& tile) {
  return std::find(tile.extent.begin(), tile.extent.end(), 0) != tile.extent.end();
}

bool overlap(const Tile& a, const Tile& b) {
  for (std::size_t i = 0; i < a.begin.size(); ++i) {
    if (a.begin[i] >= b.begin[i] + b.extent[i] || b.begin[i] >= a.begin[i] + a.extent[i])
      return false;
  }
  return true;
}

std::size_t most_cut_axis(const std::vector<Tile>& tiles) {
  std::size_t best = 0, most = 0;
  for (std::size_t axis = 0; axis < tiles.front().begin.size(); ++axis) {
    std::set<std::int64_t> begins;
    for (const Tile& tile : tiles) begins.insert(tile.begin[axis]);
    if (begins.size() <= most) continue;
    most = begins.size();
    best = axis;
  }
  return best;
}

std::size_t element_bytes(const StoredTensor& tensor) {
  FLM_CHECK(tensor.dtype.has_value(), "dtype of " + tensor.name);
  return bytes_of(*tensor.dtype);
}

/// Elements [from, from + count) of a flat tile as a box of rows of `columns`.
void add_rows(const Tile& flat, std::size_t element, std::int64_t at, std::int64_t count,
              std::int64_t columns, std::vector<Tile>& out) {
  while (count > 0) {
    const std::int64_t column = at % columns;
    // A first and a last row that are not whole are boxes of their own.
    const std::int64_t rows = column == 0 ? std::max<std::int64_t>(count / columns, 1) : 1;
    const std::int64_t width = std::min(columns - column, count);
    const std::int64_t from = at - flat.begin[0];
    out.push_back({{at / columns, column},
                   {rows, width},
                   {columns * flat.strides[0], flat.strides[0]},
                   flat.file,
                   element_at(flat, element, 0, from)});
    at += rows * width;
    count -= rows * width;
  }
}

}  // namespace

StoredTensor simplified(StoredTensor tensor) {
  tensor.tiles.erase(std::remove_if(tensor.tiles.begin(), tensor.tiles.end(), is_empty),
                     tensor.tiles.end());
  if (tensor.tiles.size() != 1) return tensor;
  const Tile tile = tensor.tiles.front();
  if (tile.extent != tensor.shape) return tensor;
  tensor.file = tile.file;
  tensor.data = tile.data;
  tensor.strides.clear();
  const std::vector<std::int64_t> plain = row_major_strides(tensor.shape);
  for (std::size_t i = 0; i < plain.size(); ++i)
    if (tensor.shape[i] != 1 && tile.strides[i] != plain[i]) tensor.strides = tile.strides;
  tensor.tiles.clear();
  return tensor;
}

StoredTensor joined(const std::vector<StoredTensor>& parts, std::size_t axis) {
  FLM_CHECK(!parts.empty(), "nothing to join");
  if (axis >= parts[0].shape.size())
    throw UserError("the ranks' parts of " + parts[0].name + " cannot be joined along axis " +
                    std::to_string(axis) + ": " + shape_text(parts[0].shape));
  StoredTensor out = begun(parts[0]);
  out.shape = parts[0].shape;
  out.shape[axis] = 0;
  for (const StoredTensor& part : parts) {
    std::vector<std::int64_t> other = part.shape;
    if (axis < other.size()) other[axis] = out.shape[axis];
    if (other != out.shape || part.dtype != out.dtype)
      throw UserError(
          "the ranks' parts of " + out.name + " do not fit together: " + parts[0].dtype_name + " " +
          shape_text(parts[0].shape) + " and " + part.dtype_name + " " + shape_text(part.shape));
    for (Tile tile : tiles_of(part)) {
      tile.begin[axis] += out.shape[axis];
      if (!is_empty(tile)) out.tiles.push_back(std::move(tile));
    }
    out.shape[axis] += part.shape[axis];
  }
  return simplified(std::move(out));
}

StoredTensor cut(const StoredTensor& tensor, std::size_t axis, std::int64_t begin,
                 std::int64_t end) {
  FLM_CHECK(axis < tensor.shape.size() && 0 <= begin && begin <= end && end <= tensor.shape[axis],
            "a cut outside of " + tensor.name);
  StoredTensor out = begun(tensor);
  out.shape = tensor.shape;
  out.shape[axis] = end - begin;
  for (Tile tile : tiles_of(tensor)) {
    const std::int64_t from = std::max(begin, tile.begin[axis]);
    const std::int64_t to = std::min(end, tile.begin[axis] + tile.extent[axis]);
    if (from >= to) continue;
    tile.data = element_at(tile, element_bytes(tensor), axis, from - tile.begin[axis]);
    tile.begin[axis] = from - begin;
    tile.extent[axis] = to - from;
    out.tiles.push_back(std::move(tile));
  }
  return simplified(std::move(out));
}

StoredTensor every(const StoredTensor& tensor, std::int64_t first, std::int64_t step) {
  FLM_CHECK(!tensor.shape.empty() && 0 <= first && first < step, "rows of " + tensor.name);
  StoredTensor out = begun(tensor);
  out.shape = tensor.shape;
  out.shape[0] = (tensor.shape[0] - first + step - 1) / step;
  for (Tile tile : tiles_of(tensor)) {
    const auto index = [&](std::int64_t row) { return (row - first + step - 1) / step; };
    const std::int64_t from = index(std::max(tile.begin[0], first));
    const std::int64_t to = index(std::max(tile.begin[0] + tile.extent[0], first));
    if (from >= to) continue;
    tile.data = element_at(tile, element_bytes(tensor), 0, first + from * step - tile.begin[0]);
    tile.begin[0] = from;
    tile.extent[0] = to - from;
    tile.strides[0] *= step;
    out.tiles.push_back(std::move(tile));
  }
  return simplified(std::move(out));
}

StoredTensor element_of(const StoredTensor& tensor, std::int64_t index) {
  StoredTensor one = cut(tensor, 0, index, index + 1);
  one.tiles = tiles_of(one);
  one.shape.erase(one.shape.begin());
  for (Tile& tile : one.tiles)
    for (auto* axes : {&tile.begin, &tile.extent, &tile.strides}) axes->erase(axes->begin());
  return simplified(std::move(one));
}

StoredTensor shaped(const StoredTensor& flat, const std::vector<std::int64_t>& shape) {
  FLM_CHECK(flat.shape.size() == 1 && (shape.size() == 1 || shape.size() == 2) &&
                checked_elements(shape) == flat.shape[0],
            "another shape for " + flat.name);
  if (shape.size() == 1) return flat;
  StoredTensor out = begun(flat);
  out.shape = shape;
  for (const Tile& tile : tiles_of(flat))
    add_rows(tile, element_bytes(flat), tile.begin[0], tile.extent[0], shape[1], out.tiles);
  return simplified(std::move(out));
}

StoredTensor renamed(StoredTensor tensor, std::string name) {
  tensor.name = std::move(name);
  return tensor;
}

bool covers_once(const StoredTensor& tensor) {
  std::vector<Tile> tiles = tiles_of(tensor);
  std::int64_t covered = 0;
  for (const Tile& tile : tiles) covered += checked_elements(tile.extent).value();
  if (covered != tensor.elements()) return false;
  if (tensor.shape.empty()) return tiles.size() == 1;
  // Along the axis that is cut most: a box is held against those alone that it may reach.
  const std::size_t axis = most_cut_axis(tiles);
  std::sort(tiles.begin(), tiles.end(), [&](const Tile& a, const Tile& b) {
    return std::tie(a.begin[axis], a.begin) < std::tie(b.begin[axis], b.begin);
  });
  std::vector<const Tile*> open;
  for (const Tile& tile : tiles) {
    open.erase(std::remove_if(open.begin(), open.end(),
                              [&](const Tile* before) {
                                return before->begin[axis] + before->extent[axis] <=
                                       tile.begin[axis];
                              }),
               open.end());
    for (const Tile* other : open)
      if (overlap(*other, tile)) return false;
    open.push_back(&tile);
  }
  return true;
}

bool same_bytes(const StoredTensor& a, const StoredTensor& b) {
  if (a.dtype != b.dtype || a.shape != b.shape) return false;
  constexpr std::int64_t kBlock = std::int64_t{1} << 18;  // elements
  const std::size_t element = element_bytes(a);
  std::vector<std::byte> one(kBlock * element), other(kBlock * element);
  for (std::int64_t at = 0; at < a.elements(); at += kBlock) {
    const std::int64_t n = std::min(kBlock, a.elements() - at);
    copy_elements(a, at, n, one.data());
    copy_elements(b, at, n, other.data());
    if (std::memcmp(one.data(), other.data(), static_cast<std::size_t>(n) * element) != 0)
      return false;
  }
  return true;
}

}  // namespace flm
