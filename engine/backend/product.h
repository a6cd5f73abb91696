// A matrix product of a backend and what surrounds it: c = in · weight^T + bias, where `in` may be
// made on the way and c may be added to something.
#pragma once

#include <cstdint>
#include <span>
#include <variant>

#include "engine/checkpoint/config/block.h"

namespace flm {

// What goes in: rows as wide as the weight, fp32, dense unless a stride is given. `scratch` is
// memory for such rows, none of the other operands; a backend may keep there what it makes.

/// Rows as they are.
struct Rows {
  const float* rows = nullptr;
  std::int64_t stride = 0;  // floats from row to row
};
/// What a norm is made with.
struct NormRule {
  std::span<const float> weight = {};
  float eps = 0;
  NormKind kind = NormKind::kRms;
  std::span<const float> bias = {};  // of a LayerNorm; empty: none
};
/// norm(x).
struct Normed {
  const float* x = nullptr;
  std::span<const float> weight = {};
  float eps = 0;
  float* scratch = nullptr;
  NormKind kind = NormKind::kRms;
  std::span<const float> bias = {};  // of a LayerNorm; empty: none
};
/// activation(gate) * up, where a row of gate_up is [gate | up]; or `alone`, where it is [up], of
/// which the activation counts.
struct Gated {
  const float* gate_up = nullptr;
  float* scratch = nullptr;
  Activation activation = Activation::kSilu;
  bool alone = false;
};
/// Dense rows of the backend's own element type (Backend::operand_element_bytes), as attention and
/// make_gated leave them.
struct Attended {
  const void* operand = nullptr;
};
using ProductInput = std::variant<Rows, Normed, Gated, Attended>;

// What comes out: rows as wide as the weight is high.

/// c = factor * (in · weight^T + bias), and of that cap * tanh(c / cap) where there is a cap.
struct Assigned {
  float* c = nullptr;
  std::int64_t stride = 0;  // floats from row to row
  float factor = 1;         // 1 where there is a bias
  float cap = 0;            // 0: none
};
/// x += scale * (in · weight^T + bias), both dense; c may hold anything then.
struct Added {
  float* x = nullptr;
  float scale = 1;
  float* c = nullptr;  // as large as x
};
using ProductOutput = std::variant<Assigned, Added>;

}  // namespace flm
