// Tensors of several ranks put together and taken apart without touching a byte: all of it happens
// in the boxes (StoredTensor::tiles).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/checkpoint/tensors/stored_tensor.h"

namespace flm {

/// One behind the other along `axis`. UserError where dtype or another axis differs.
StoredTensor joined(const std::vector<StoredTensor>& parts, std::size_t axis);

/// [begin, end) of an axis.
StoredTensor cut(const StoredTensor& tensor, std::size_t axis, std::int64_t begin,
                 std::int64_t end);

/// Rows first, first + step, ...
StoredTensor every(const StoredTensor& tensor, std::int64_t first, std::int64_t step);

/// Element `index` of the first axis: [L, a, b] -> [a, b].
StoredTensor element_of(const StoredTensor& tensor, std::int64_t index);

/// [n] -> a shape of one or two axes with n elements.
StoredTensor shaped(const StoredTensor& flat, const std::vector<std::int64_t>& shape);

StoredTensor renamed(StoredTensor tensor, std::string name);

/// Whether the boxes cover every element once.
bool covers_once(const StoredTensor& tensor);

/// The plain form where one box is all of it.
StoredTensor simplified(StoredTensor tensor);

/// Whether the elements of two tensors are the same bytes.
bool same_bytes(const StoredTensor& a, const StoredTensor& b);

}  // namespace flm
