// config.json: any bytes give a configuration or a UserError, and what is accepted can be used: its
// rotations are finite and it names its tensors.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/errors.h"
#include "engine/checkpoint/config_hash.h"
#include "engine/checkpoint/config_json.h"
#include "engine/checkpoint/weight_table.h"
#include "tests/fuzz/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const flm::ModelConfig config =
        flm::parse_model_config({reinterpret_cast<const char*>(data), size}, "fuzz");
    if (config.head_dim > 4096 || config.layers > 100) return 0;  // true, and slow
    for (const flm::Rotation rotation : {flm::Rotation::kMain, flm::Rotation::kLocal}) {
      if (rotation == flm::Rotation::kLocal && config.local_rope_theta == 0) continue;
      for (const double frequency : flm::rotary_frequencies(config, rotation).inv_freq)
        if (!std::isfinite(frequency)) std::abort();
    }
    if (flm::expected_weights(config).empty() || flm::config_hash(config).empty()) std::abort();
    if (!config.block.layers.empty() &&
        static_cast<int>(config.block.layers.size()) != config.layers)
      std::abort();
  } catch (const flm::UserError& error) {
    flm::fuzz::require_text(error.what());
  }
  return 0;
}
