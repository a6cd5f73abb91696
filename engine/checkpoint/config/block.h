// What a transformer block computes, in the terms of its formula: what the layer loop reads. The
// defaults are Llama's. Plain data.
#pragma once

#include <vector>

#include "engine/numerics/activation.h"

namespace flm {

/// x / sqrt(mean x^2 + eps) * weight, or x less its mean over its deviation, times weight, plus
/// bias.
enum class NormKind { kRms, kLayer };

/// Where queries and keys are normed: each head before or after the rotation, or all heads of a
/// projection as one row before it.
enum class HeadNorm { kNone, kBeforeRotation, kAfterRotation, kWholeProjection };

/// Of a layer's queries and keys: by the model's rotation, by the one of its layers with windows,
/// or none.
enum class Rotation { kMain, kLocal, kNone };

struct LayerRule {
  int window = 0;  // a row sees itself and window - 1 positions before it; 0: all of them
  Rotation rotation = Rotation::kMain;
};

struct Block {
  NormKind norm = NormKind::kRms;  // of the residual stream
  bool norm_bias = false;
  bool norm_plus_one = false;  // norms' weights are stored minus 1
  bool norm_inputs = true;     // x += branch(norm(x)); else x += branch(x)
  bool norm_outputs = false;   // x += norm(branch(...))
  bool parallel = false;       // x += attention(y) + mlp(y) with one y = norm(x)

  HeadNorm head_norm = HeadNorm::kNone;
  NormKind head_norm_kind = NormKind::kRms;
  bool head_norm_apart = false;  // each head has weights of its own

  Activation activation = Activation::kSilu;
  bool gated = true;  // down(activation(gate) * up); else down(activation(up))

  // cap * tanh(x / cap) of attention's scores before the mask, and of the logits; 0: none.
  float score_cap = 0, logit_cap = 0;
  // Queries times 1 + growth * ln(1 + floor(position / growth_positions)); 0: none.
  double query_growth = 0;
  int growth_positions = 0;
  bool unit_head_rows = false;  // each row of the LM head is divided by its length

  std::vector<LayerRule> layers;  // empty: all of the default kind

  LayerRule layer(int index) const {
    return layers.empty() ? LayerRule{} : layers[static_cast<std::size_t>(index)];
  }
};

}  // namespace flm
