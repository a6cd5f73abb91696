// The function between the two products of an MLP.
#pragma once

namespace flm {

/// x * sigmoid(x); 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))); max(0, x)^2.
enum class Activation { kSilu, kGeluTanh, kSquaredRelu };

/// gelu_tanh(x) = x / (1 + exp(-x (kGeluLinear + kGeluCubic x^2))): tanh(u) = 2 sigmoid(2 u) - 1,
/// and nothing cancels where x is negative.
inline constexpr float kGeluLinear = 1.5957691216057308f;   // 2 sqrt(2 / pi)
inline constexpr float kGeluCubic = 0.071354816272600254f;  // 0.044715 times that

}  // namespace flm
