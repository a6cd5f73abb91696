// Rotary frequencies after rope_scaling, as transformers 4.57 defines them, in double.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/errors.h"
#include "engine/checkpoint/config/model_config.h"

namespace flm {
namespace {

/// What a rotation is made of: its base, its scaling and the values of a head that it turns.
struct RotaryRule {
  double theta = 0;
  RopeScaling rope;
  int dims = 0;
};

/// theta^(-2i/d), i in [0, d/2).
std::vector<double> plain_frequencies(const RotaryRule& rule) {
  std::vector<double> out(static_cast<std::size_t>(rule.dims / 2));
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = 1 / std::pow(rule.theta, 2 * static_cast<double>(i) / rule.dims);
  }
  return out;
}

/// Long wavelengths are divided by the factor, short ones stay, those between are blended.
double llama3_frequency(double frequency, const RopeScaling& rope) {
  const double turns =
      static_cast<double>(rope.original_max_position) * frequency / (2 * std::numbers::pi);
  const double kept = std::clamp(
      (turns - rope.low_freq_factor) / (rope.high_freq_factor - rope.low_freq_factor), 0.0, 1.0);
  return (1 - kept) * frequency / rope.factor + kept * frequency;
}

/// The (fractional) pair index whose frequency turns `turns` times within the original context.
double pair_of_turns(double turns, const RotaryRule& rule) {
  const double ratio =
      static_cast<double>(rule.rope.original_max_position) / (turns * 2 * std::numbers::pi);
  return rule.dims * std::log(ratio) / (2 * std::log(rule.theta));
}

void apply_yarn(const RotaryRule& rule, std::vector<double>& frequencies) {
  double low = pair_of_turns(rule.rope.beta_fast, rule);
  double high = pair_of_turns(rule.rope.beta_slow, rule);
  if (rule.rope.truncate) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, rule.dims - 1.0);
  if (low == high) high += 0.001;  // transformers' guard against 0/0
  for (std::size_t i = 0; i < frequencies.size(); ++i) {
    const double interpolated = std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0);
    frequencies[i] =
        frequencies[i] / rule.rope.factor * interpolated + frequencies[i] * (1 - interpolated);
  }
}

double yarn_mscale(double factor, double mscale) {
  return factor <= 1 ? 1.0 : 0.1 * mscale * std::log(factor) + 1.0;
}

double yarn_attention_factor(const RopeScaling& rope) {
  if (rope.attention_factor != 0) return rope.attention_factor;
  if (rope.mscale != 0 && rope.mscale_all_dim != 0) {
    return yarn_mscale(rope.factor, rope.mscale) / yarn_mscale(rope.factor, rope.mscale_all_dim);
  }
  return yarn_mscale(rope.factor, 1);
}

/// sqrt(1 + ln(factor) / ln(original context)).
double longrope_attention_factor(const RopeScaling& rope) {
  if (rope.attention_factor != 0) return rope.attention_factor;
  if (rope.factor <= 1) return 1;
  return std::sqrt(1 + std::log(rope.factor) /
                           std::log(static_cast<double>(rope.original_max_position)));
}

}  // namespace

RotaryFrequencies rotary_frequencies(const ModelConfig& config, Rotation rotation) {
  if (rotation == Rotation::kNone) return {};
  const bool local = rotation == Rotation::kLocal;
  const RotaryRule rule{local ? config.local_rope_theta : config.rope_theta,
                        local ? config.local_rope : config.rope, config.turned()};
  RotaryFrequencies out{plain_frequencies(rule), 1};
  const RopeScaling& rope = rule.rope;
  if (rope.type == "linear") {
    for (double& frequency : out.inv_freq) frequency /= rope.factor;
  } else if (rope.type == "llama3") {
    for (double& frequency : out.inv_freq) frequency = llama3_frequency(frequency, rope);
  } else if (rope.type == "yarn") {
    apply_yarn(rule, out.inv_freq);
    out.attention_factor = yarn_attention_factor(rope);
  } else if (rope.type == "longrope") {
    for (std::size_t i = 0; i < out.inv_freq.size(); ++i) out.inv_freq[i] /= rope.divisors[i];
    out.attention_factor = longrope_attention_factor(rope);
  } else {
    // dynamic: nothing changes up to the original context, and longest_request() ends there.
    FLM_CHECK(rope.type == "default" || rope.type == "dynamic", "rope type " + rope.type);
  }
  return out;
}

/// max_position_embeddings; for dynamic rope that is the original context, beyond which the
/// frequencies of all positions would depend on the request's length. So do longrope's, whose
/// max_position_embeddings is the stretched context.
int longest_request(const ModelConfig& config) {
  std::int64_t longest = config.max_positions;
  for (const RopeScaling* rope : {&config.rope, &config.local_rope})
    if (rope->type == "longrope") longest = std::min(longest, rope->original_max_position);
  return static_cast<int>(longest);
}

}  // namespace flm
