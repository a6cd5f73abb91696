// Cosines and sines of a model's rotations, as far as positions have come.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/backend/backend.h"

namespace flm {

class RotaryTables {
 public:
  explicit RotaryTables(const ModelConfig& config);

  /// Afterwards every table reaches `position`.
  void reach(std::int64_t position, const Backend& backend);
  /// Of kNone the table turns nothing.
  const RopeTable& of(Rotation rotation) const {
    return turnings_[static_cast<std::size_t>(rotation)].table;
  }
  /// What tells these tables from others, for a step that is replayed (Backend::replay).
  void append_operands(std::vector<std::int64_t>& operands) const;

 private:
  struct Turning {
    RotaryFrequencies frequencies;
    RopeTable table;
  };

  std::int64_t head_dim_;
  std::array<Turning, 3> turnings_;  // by Rotation
};

}  // namespace flm
