// Weights of any shape from a seed: what tests of bits open a model with, without a checkpoint.
#pragma once

#include <bit>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "engine/checkpoint/weight_table.h"

namespace flm::test {

/// Matrices of about unit gain, norms about 1; stored as fp32, or rounded towards zero to bf16.
class SeededWeights : public WeightTable {
 public:
  explicit SeededWeights(const ModelConfig& config, DType dtype = DType::kF32) : dtype_(dtype) {
    std::mt19937 generator(7);
    for (const WeightSpec& spec : expected_weights(config)) {
      std::int64_t count = 1;
      for (std::int64_t extent : spec.shape) count *= extent;
      auto memory = std::make_shared<std::vector<std::byte>>();
      const bool norm = spec.name.ends_with("norm.weight");
      for (std::int64_t i = 0; i < count; ++i) {
        const float x = static_cast<float>(generator() >> 8) * 0x1p-23f - 1.0f;
        put(norm ? 1.0f + 0.25f * x : 0.125f * x, *memory);
      }
      tensors_[spec.name] = {{dtype, spec.shape, memory->data()}, memory};
      bytes_ += static_cast<std::int64_t>(memory->size());
      parameters_ += count;
    }
  }
  Loaded load(const std::string& name) const override { return tensors_.at(name); }
  DType dtype() const override { return dtype_; }
  std::int64_t bytes() const override { return bytes_; }
  std::int64_t parameters() const override { return parameters_; }
  ContentCheck check_contents(Progress&, bool) const override { return {}; }

 private:
  void put(float value, std::vector<std::byte>& memory) const {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (int byte = dtype_ == DType::kF32 ? 0 : 2; byte < 4; ++byte)  // little-endian
      memory.push_back(static_cast<std::byte>(bits >> (8 * byte)));
  }

  DType dtype_;
  std::map<std::string, Loaded> tensors_;
  std::int64_t bytes_ = 0, parameters_ = 0;
};

}  // namespace flm::test
