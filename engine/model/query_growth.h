// Queries that grow with their position (Llama 4's temperature tuning, as Ministral 3 has it).
#pragma once

#include <cstdint>
#include <vector>

#include "engine/backend/backend.h"

namespace flm {

/// The factors of a model's queries, as far as positions have come.
class QueryGrowth {
 public:
  explicit QueryGrowth(const Block& block) : block_(block) {}

  bool any() const { return block_.query_growth != 0; }
  /// Afterwards the factors reach `position`.
  void reach(std::int64_t position, const Backend& backend);
  const PositionFactors& factors() const { return factors_; }
  /// What tells them from others, for a step that is replayed (Backend::replay).
  void append_operands(std::vector<std::int64_t>& operands) const;

 private:
  const Block& block_;
  PositionFactors factors_;
};

}  // namespace flm
