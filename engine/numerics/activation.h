// The function between the two products of an MLP.
#pragma once

namespace flm {

/// x * sigmoid(x); 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))); max(0, x)^2; x * P(z <= x) of
/// a normal z; max(0, x). Stored figures know them by their numbers.
enum class Activation { kSilu, kGeluTanh, kSquaredRelu, kGelu, kRelu };

/// gelu_tanh(x) = x / (1 + exp(-x (kGeluLinear + kGeluCubic x^2))): tanh(u) = 2 sigmoid(2 u) - 1,
/// and nothing cancels where x is negative.
inline constexpr float kGeluLinear = 1.5957691216057308f;   // 2 sqrt(2 / pi)
inline constexpr float kGeluCubic = 0.071354816272600254f;  // 0.044715 times that

/// gelu(x) = max(0, x) - |x| P(z > |x|), in which nothing cancels either. The tail of the normal
/// distribution is exp(-x^2 / 2) times a function that falls slowly: a polynomial in t = 1 / (1 +
/// kTailStep |x|), kTail1 t + ... + kTail10 t^10, within 1e-8 of it (relative) up to |x| = 13,
/// where exp ends.
inline constexpr float kTailStep = 0.375f;
inline constexpr float kTail1 = 0.149591476f, kTail2 = 0.149918199f, kTail3 = 0.124972969f,
                       kTail4 = 0.109672599f, kTail5 = -0.0609927252f, kTail6 = 0.225109741f,
                       kTail7 = -0.436082125f, kTail8 = 0.35429576f, kTail9 = -0.138181165f,
                       kTail10 = 0.0216952581f;

}  // namespace flm
