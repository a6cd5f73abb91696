#include "engine/checkpoint/stored_tensor.h"

#include <cstring>

#include "base/errors.h"

namespace flm {
namespace {

/// Copies one element size at a time, dimension by dimension; `strides` are in elements.
class StridedCopy {
 public:
  StridedCopy(const StoredTensor& tensor, std::byte* out)
      : tensor_(tensor), element_(bytes_of(*tensor.dtype)), out_(out) {}

  void run() { dimension(0, tensor_.data); }

 private:
  void dimension(std::size_t axis, const std::byte* at) {
    if (axis == tensor_.shape.size()) {
      std::memcpy(out_, at, element_);
      out_ += element_;
      return;
    }
    const std::int64_t step = tensor_.strides[axis] * static_cast<std::int64_t>(element_);
    for (std::int64_t i = 0; i < tensor_.shape[axis]; ++i) dimension(axis + 1, at + i * step);
  }

  const StoredTensor& tensor_;
  const std::size_t element_;
  std::byte* out_;
};

}  // namespace

std::int64_t StoredTensor::elements() const { return checked_elements(shape).value(); }

std::int64_t StoredTensor::bytes() const {
  return dtype ? elements() * static_cast<std::int64_t>(bytes_of(*dtype)) : 0;
}

bool StoredTensor::in_place() const {
  return strides.empty() && reinterpret_cast<std::uintptr_t>(data) % bytes_of(*dtype) == 0;
}

RowMajor row_major(const StoredTensor& tensor) {
  FLM_CHECK(tensor.dtype.has_value(), "dtype of " + tensor.name);
  if (tensor.in_place()) return {{*tensor.dtype, tensor.shape, tensor.data}, tensor.file};
  const auto bytes = static_cast<std::size_t>(tensor.bytes());
  const std::shared_ptr<std::byte[]> copy(new std::byte[bytes]);
  if (tensor.strides.empty()) {
    std::memcpy(copy.get(), tensor.data, bytes);
  } else {
    StridedCopy(tensor, copy.get()).run();
  }
  return {{*tensor.dtype, tensor.shape, copy.get()}, copy};
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
