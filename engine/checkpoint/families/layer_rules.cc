#include "engine/checkpoint/families/layer_rules.h"

#include <algorithm>

namespace flm {
namespace {

bool is_default(const LayerRule& rule) {
  return rule.window == 0 && rule.rotation == Rotation::kMain;
}

/// The window that the key says; 0: none.
int window_of(ConfigReader& reader, int otherwise) {
  if (!reader.contains("sliding_window")) return otherwise;
  return reader.has("sliding_window") ? reader.integer("sliding_window", 1) : 0;
}

/// For each layer whether its type is sliding_attention.
std::vector<bool> sliding_layers(ConfigReader& reader, const ModelConfig& config) {
  const Json& types = reader.at("layer_types");
  if (!types.is_array() || static_cast<int>(types.size()) != config.layers)
    reader.refuse("layer_types", "it must name a type for each of the " +
                                     std::to_string(config.layers) + " layers");
  std::vector<bool> sliding;
  for (const Json& type : types) {
    if (type != "full_attention" && type != "sliding_attention")
      reader.refuse("layer_types", "known types are full_attention and sliding_attention");
    sliding.push_back(type == "sliding_attention");
  }
  return sliding;
}

}  // namespace

void change_layer_rules(ModelConfig& config,
                        const std::function<void(int layer, LayerRule& rule)>& change) {
  std::vector<LayerRule>& rules = config.block.layers;
  rules.resize(static_cast<std::size_t>(config.layers));
  for (int layer = 0; layer < config.layers; ++layer)
    change(layer, rules[static_cast<std::size_t>(layer)]);
}

void settle_layer_rules(ModelConfig& config) {
  std::vector<LayerRule>& rules = config.block.layers;
  for (LayerRule& rule : rules)
    if (rule.window >= config.max_positions) rule.window = 0;
  if (std::all_of(rules.begin(), rules.end(), is_default)) rules.clear();
}

bool has_window(const ConfigReader& reader) {
  return !reader.contains("sliding_window") || !reader.is_null("sliding_window");
}

void set_rotations(ModelConfig& config, Rotation sliding, Rotation full) {
  change_layer_rules(
      config, [&](int, LayerRule& rule) { rule.rotation = rule.window > 0 ? sliding : full; });
}

void read_biases(ConfigReader& reader, ModelConfig& config, bool otherwise) {
  config.qkv_bias = config.o_bias = reader.boolean_or("attention_bias", otherwise);
  config.mlp_bias = reader.boolean_or("mlp_bias", otherwise);
}

void refuse_windows(ConfigReader& reader, const ModelConfig& config) {
  const std::string reason = "models of type " + config.model_type + " have no windows";
  const bool switchable = reader.has("use_sliding_window");
  if (reader.boolean_or("use_sliding_window", false)) reader.refuse("use_sliding_window", reason);
  if (reader.has("sliding_window") && !switchable &&
      reader.integer("sliding_window", 0) < config.max_positions)
    reader.refuse("sliding_window", reason);
  if (!reader.has("layer_types")) return;
  for (const bool slides : sliding_layers(reader, config))
    if (slides) reader.refuse("layer_types", reason);
}

void read_window_of_all_layers(ConfigReader& reader, ModelConfig& config, int otherwise) {
  const int window = window_of(reader, otherwise);
  if (reader.has("layer_types"))
    for (const bool slides : sliding_layers(reader, config))
      if (slides != (window > 0))
        reader.refuse("layer_types", "models of type " + config.model_type +
                                         " have sliding_window on every layer or on none");
  change_layer_rules(config, [&](int, LayerRule& rule) { rule.window = window; });
}

void read_windows_by_layer(ConfigReader& reader, ModelConfig& config, int otherwise, bool active,
                           const std::function<bool(int layer)>& slides) {
  const bool typed = reader.has("layer_types");
  reader.has("sliding_window");
  const int window = active ? window_of(reader, otherwise) : 0;
  const std::vector<bool> types = typed ? sliding_layers(reader, config) : std::vector<bool>();
  change_layer_rules(config, [&](int layer, LayerRule& rule) {
    const bool sliding = typed ? types[static_cast<std::size_t>(layer)] : active && slides(layer);
    if (sliding && window == 0)
      reader.refuse(typed ? "layer_types" : "sliding_window",
                    "layer " + std::to_string(layer) + " slides, and no window is on");
    rule.window = sliding ? window : 0;
  });
}

}  // namespace flm
