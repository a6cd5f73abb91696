// Random weights for the backend to pack: fp32 or bf16, drawn as buffer.h draws.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/backend/backend.h"

namespace flm::bench {

/// [rows, columns]; what the backend packs and what the reference reads.
class RandomWeight {
 public:
  /// `dtype` is a row's: bf16w and bf16 store bf16.
  RandomWeight(std::int64_t rows, std::int64_t columns, const std::string& dtype,
               std::uint64_t stream);
  std::unique_ptr<PackedWeight> pack(const Backend& backend) const;
  /// `copies` packed copies of the same values; the source is freed afterwards.
  std::vector<std::unique_ptr<PackedWeight>> pack(const Backend& backend, int copies) const;
  /// Row `index` as stored, widened.
  std::vector<float> row(std::int64_t index) const;
  /// Bytes that a product must read at least once.
  double bytes() const;
  std::int64_t rows() const { return rows_; }
  std::int64_t columns() const { return columns_; }

 private:
  WeightTable::Loaded load() const;

  std::int64_t rows_, columns_;
  bool bf16_;
  std::uint64_t stream_;
};

std::uint16_t bf16_of(float value);  // round to nearest even
float from_bf16(std::uint16_t bits);
double weight_item_bytes(const std::string& dtype);  // 2 or 4

/// Most error of a sum of K products, `norms` = |a| |w|. Sums in fp32 err like a random walk over K
/// partial sums, sqrt(K) * eps * norms / sqrt(K); operands rounded to bf16 err by 2^-8 * norms /
/// sqrt(K). A factor 4 covers the largest of 10^7 outputs.
double product_tolerance(double norms, std::size_t k, const std::string& dtype);

}  // namespace flm::bench
