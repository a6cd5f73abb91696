#include "bench/ops/weights.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "bench/cases/buffer.h"

namespace flm::bench {

std::uint16_t bf16_of(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return static_cast<std::uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

float from_bf16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

double weight_item_bytes(const std::string& dtype) { return dtype == "fp32" ? 4 : 2; }

double product_tolerance(double norms, std::size_t k, const std::string& dtype) {
  const double operands =
      dtype == "bf16" ? 0x1p-8 * norms / std::sqrt(static_cast<double>(k)) : 0.0;
  return 4 * (0x1p-23 * norms + operands);
}

RandomWeight::RandomWeight(std::int64_t rows, std::int64_t columns, const std::string& dtype,
                           std::uint64_t stream)
    : rows_(rows), columns_(columns), bf16_(weight_item_bytes(dtype) == 2), stream_(stream) {}

std::vector<float> RandomWeight::row(std::int64_t index) const {
  std::vector<float> values(static_cast<std::size_t>(columns_));
  fill_normal(values.data(), columns_, stream_, 1, index * columns_);
  for (float& value : values)
    if (bf16_) value = from_bf16(bf16_of(value));
  return values;
}

double RandomWeight::bytes() const {
  return static_cast<double>(rows_) * static_cast<double>(columns_) * (bf16_ ? 2 : 4);
}

WeightTable::Loaded RandomWeight::load() const {
  WeightTable::Loaded loaded;
  const auto count = static_cast<std::size_t>(rows_ * columns_);
  loaded.view.shape = {rows_, columns_};
  if (!bf16_) {
    std::shared_ptr<float[]> values(new float[count]);
    fill_normal(values.get(), rows_ * columns_, stream_, 1);
    loaded.view.data = reinterpret_cast<const std::byte*>(values.get());
    loaded.storage = values;
    return loaded;
  }
  std::shared_ptr<std::uint16_t[]> values(new std::uint16_t[count]);
  std::vector<float> wide(static_cast<std::size_t>(columns_));
  for (std::int64_t r = 0; r < rows_; ++r) {
    fill_normal(wide.data(), columns_, stream_, 1, r * columns_);
    std::transform(wide.begin(), wide.end(), values.get() + r * columns_, bf16_of);
  }
  loaded.view.dtype = DType::kBF16;
  loaded.view.data = reinterpret_cast<const std::byte*>(values.get());
  loaded.storage = values;
  return loaded;
}

std::unique_ptr<PackedWeight> RandomWeight::pack(const Backend& backend) const {
  return std::move(pack(backend, 1).front());
}

std::vector<std::unique_ptr<PackedWeight>> RandomWeight::pack(const Backend& backend,
                                                              int copies) const {
  const MatrixSlice slice{load(), 0, rows_, 0, columns_};
  std::vector<std::unique_ptr<PackedWeight>> packed;
  for (int copy = 0; copy < copies; ++copy) packed.push_back(backend.pack({&slice, 1}));
  return packed;
}

}  // namespace flm::bench
