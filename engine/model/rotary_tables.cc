#include "engine/model/rotary_tables.h"

#include "engine/backend/model_cost.h"

namespace flm {

RotaryTables::RotaryTables(const ModelConfig& config) : head_dim_(config.head_dim) {
  turnings_[static_cast<std::size_t>(Rotation::kMain)].frequencies = rotary_frequencies(config);
  if (rotations_of(config) > 1)
    turnings_[static_cast<std::size_t>(Rotation::kLocal)].frequencies =
        rotary_frequencies(config, Rotation::kLocal);
}

void RotaryTables::reach(std::int64_t position, const Backend& backend) {
  for (auto& [frequencies, table] : turnings_) {
    if (frequencies.inv_freq.empty() || position < table.positions) continue;
    table = backend.rope_table(frequencies.inv_freq, frequencies.attention_factor,
                               table_positions(position));
    table.head = head_dim_;
  }
}

void RotaryTables::append_operands(std::vector<std::int64_t>& operands) const {
  for (const auto& [frequencies, table] : turnings_) {
    operands.push_back(reinterpret_cast<std::intptr_t>(table.placed.get()));
    operands.push_back(table.positions);  // the sines lie behind so many cosines
  }
}

}  // namespace flm
