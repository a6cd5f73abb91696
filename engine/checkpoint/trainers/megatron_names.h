// megatron-core's tensors under Hugging Face's names: qkv taken apart by query group, gate and up
// told apart, padding rows of the vocabulary cut.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/checkpoint/config/model_config.h"
#include "engine/checkpoint/tensors/stored_tensor.h"

namespace flm {

inline constexpr std::string_view kMegatronLayers = "decoder.layers.";

/// What stands among weights and is none: Transformer Engine's states, rotary buffers.
bool is_no_weight(const std::string& name);

/// Whole tensors (over tensor-parallel ranks) by megatron-core's names, layers numbered from the
/// first: decoder.layers.3.mlp.linear_fc1.weight, which is [gate; up]. What has no counterpart
/// keeps its name, and whoever checks the weights tells of it. UserError where rows do not fit the
/// configuration.
std::vector<StoredTensor> from_megatron(const std::map<std::string, StoredTensor>& tensors,
                                        const ModelConfig& config);

/// How tensor-parallel ranks hold a tensor of that name.
enum class MegatronCut { kRows, kColumns, kGateAndUp, kReplicated };
MegatronCut cut_of(const std::string& name);

/// The classic model's names ("layers.0.self_attention.query_key_value.weight", inside `encoder`)
/// as megatron-core's, with "decoder." in front.
std::string from_classic(std::string name);

}  // namespace flm
