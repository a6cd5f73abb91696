// Families with norms behind the branches and none before them.
#include "engine/checkpoint/families/family_names.h"
#include "engine/checkpoint/families/family_readers.h"
#include "engine/checkpoint/families/layer_rules.h"

namespace flm {
namespace {

void norm_outputs_alone(ModelConfig& config, HeadNorm heads) {
  config.block.norm_inputs = false;
  config.block.norm_outputs = true;
  config.block.head_norm = heads;
  config.names = olmo2_names();
}

void read_attention_bias(ConfigReader& reader, ModelConfig& config) {
  config.qkv_bias = config.o_bias = reader.boolean_or("attention_bias", false);
}

}  // namespace

void read_olmo2(ConfigReader& reader, ModelConfig& config) {
  norm_outputs_alone(config, HeadNorm::kWholeProjection);
  read_attention_bias(reader, config);
  refuse_windows(reader, config);
}

void read_olmo3(ConfigReader& reader, ModelConfig& config) {
  norm_outputs_alone(config, HeadNorm::kWholeProjection);
  read_attention_bias(reader, config);
  read_windows_by_layer(reader, config, kClassWindow, true,
                        [](int layer) { return (layer + 1) % 4 != 0; });
  set_rotations(config, Rotation::kLocal, Rotation::kMain);
}

/// With a window the layers that have none are not turned at all.
void read_exaone4(ConfigReader& reader, ModelConfig& config) {
  norm_outputs_alone(config, HeadNorm::kBeforeRotation);
  const bool windows = has_window(reader);
  const bool typed = reader.has("layer_types");
  if (!windows && !typed) reader.at("layer_types");  // its class divides by a pattern of 0
  const bool pattern = reader.has("sliding_window_pattern");
  const int every = !typed && pattern ? reader.integer("sliding_window_pattern", 1) : 4;
  read_windows_by_layer(reader, config, kClassWindow, windows,
                        [&](int layer) { return (layer + 1) % every != 0; });
  if (windows) set_rotations(config, Rotation::kMain, Rotation::kNone);
}

}  // namespace flm
