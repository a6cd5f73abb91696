// What families share: biases, which layers of a model have a window, and which rotation.
#pragma once

#include <functional>

#include "engine/checkpoint/config/config_reader.h"
#include "engine/checkpoint/config/model_config.h"

namespace flm {

/// sliding_window of the classes whose configuration does not say it.
constexpr int kClassWindow = 4096;

/// attention_bias is of q, k, v and o; mlp_bias of the MLP's. `otherwise`: where a key is missing.
void read_biases(ConfigReader& reader, ModelConfig& config, bool otherwise);

/// For a family whose class knows no windows: one that some request would notice is refused.
void refuse_windows(ConfigReader& reader, const ModelConfig& config);

/// sliding_window on every layer; null: none. `otherwise`: where the key is missing, 0 for none.
void read_window_of_all_layers(ConfigReader& reader, ModelConfig& config, int otherwise);

/// sliding_window on the layers that layer_types names; where that is missing, on those of which
/// `slides` says so. `active`: the class's switch is on; else no layer has one.
void read_windows_by_layer(ConfigReader& reader, ModelConfig& config, int otherwise, bool active,
                           const std::function<bool(int layer)>& slides);

/// sliding_window is not null; where it is missing its class has one.
bool has_window(const ConfigReader& reader);

/// Layers with a window get `sliding`, the others `full`.
void set_rotations(ModelConfig& config, Rotation sliding, Rotation full);

/// Of each layer.
void change_layer_rules(ModelConfig& config,
                        const std::function<void(int layer, LayerRule& rule)>& change);

/// A window that no request can be longer than is none, and rules that say nothing are dropped: so
/// equal models have equal configurations.
void settle_layer_rules(ModelConfig& config);

}  // namespace flm
