// Weights out of a counter: element i of a tensor depends on (seed, name, i) alone, so any shard
// has the same bits.

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>

#include "base/errors.h"
#include "base/numbers/random_bits.h"
#include "base/parallel_loop.h"
#include "base/sha256.h"
#include "base/text/joined.h"
#include "engine/checkpoint/synthetic_presets.h"
#include "engine/checkpoint/tensors/stored_tensor.h"
#include "engine/checkpoint/weight_table.h"

namespace flm {
namespace {

constexpr std::int64_t kPerCounter = 8;  // one 64-bit mix gives eight weights of a byte each

std::uint64_t key_of(std::uint64_t seed, const std::string& name) {
  std::uint64_t key = split_mix64(seed);
  for (char c : name) key = mixed(key ^ static_cast<unsigned char>(c));
  return key;
}

/// The exponent k whose 2^k is nearest to `value` on a logarithmic scale; no libm.
int nearest_exponent(double value) {
  int exponent = 0;
  const double mantissa = std::frexp(value, &exponent);  // [0.5, 1)
  return mantissa * mantissa >= 0.5 ? exponent : exponent - 1;
}

/// Standard deviation that keeps activations and logits near 1 to 2.
double wanted_deviation(const WeightSpec& spec, const ModelConfig& config) {
  const double fan_in = static_cast<double>(spec.shape[1]);
  if (spec.name == "model.embed_tokens.weight") return 0.8 / config.embedding_scale;
  if (spec.name == "lm_head.weight") return 2 / (std::sqrt(fan_in) * config.logit_scale);
  if (spec.inner == InnerAxis::kColumns)
    return 0.9 / std::sqrt(fan_in);  // o, down: they add to the residual stream
  return 1.3 / std::sqrt(fan_in);
}

int exponent_of(double deviation) {
  const double deviation_of_integers = 256 / std::sqrt(3.0);
  return nearest_exponent(deviation / deviation_of_integers);
}

/// bf16 pattern of (2b + 1) * 2^k for each byte b read as -128..127: symmetric, never 0, 8
/// significant bits.
std::array<std::uint16_t, 256> patterns(double deviation) {
  const int exponent = exponent_of(deviation);
  std::array<std::uint16_t, 256> out{};
  for (int byte = 0; byte < 256; ++byte) {
    const float value =
        std::ldexp(static_cast<float>(2 * static_cast<std::int8_t>(byte) + 1), exponent);
    out[static_cast<std::size_t>(byte)] =
        static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16);
  }
  return out;
}

void fill(std::uint64_t key, const std::array<std::uint16_t, 256>& table, std::int64_t count,
          std::uint16_t* out) {
  constexpr std::int64_t kBlock = std::int64_t{1} << 19;
  parallel_loop((count + kBlock - 1) / kBlock, [&](std::int64_t block) {
    const std::int64_t end = std::min(count, (block + 1) * kBlock);
    for (std::int64_t i = block * kBlock; i < end; i += kPerCounter) {
      const std::uint64_t bits = counter_bits(key, i / kPerCounter);
      const std::int64_t n = std::min(kPerCounter, end - i);
      for (std::int64_t j = 0; j < n; ++j) out[i + j] = table[(bits >> (8 * j)) & 255];
    }
  });
}

/// What stands behind the preset's name.
struct SyntheticOptions {
  std::uint64_t seed = 1234;
  int layers = 0;       // 0: the preset's
  bool stored = false;  // as bytes in the host's memory, never by the rule
};

class SyntheticWeights : public WeightTable {
 public:
  SyntheticWeights(const ModelConfig& config, const SyntheticOptions& options)
      : config_(config), seed_(options.seed), stored_(options.stored) {
    for (WeightSpec& spec : expected_weights(config)) {
      parameters_ += checked_elements(spec.shape).value();
      specs_.emplace(spec.name, std::move(spec));
    }
  }

  Loaded load(const std::string& name) const override {
    if (!stored_) return made(name);
    const std::lock_guard lock(mutex_);
    Loaded& kept = kept_[name];
    if (!kept.view.data) kept = made(name);
    return kept;
  }

  Loaded made(const std::string& name) const {
    const auto found = specs_.find(name);
    FLM_CHECK(found != specs_.end(), "no weight " + name);
    const WeightSpec& spec = found->second;
    const std::int64_t count = checked_elements(spec.shape).value();
    const std::shared_ptr<std::uint16_t[]> values(
        new std::uint16_t[static_cast<std::size_t>(count)]);
    if (spec.shape.size() == 1) {
      std::fill_n(values.get(), count, std::uint16_t{0x3F80});  // norms are 1
    } else {
      fill(key_of(seed_, name), patterns(wanted_deviation(spec, config_)), count, values.get());
    }
    return {{DType::kBF16, spec.shape, reinterpret_cast<const std::byte*>(values.get())}, values};
  }

  std::optional<CounterRule> rule(const std::string& name) const override {
    const WeightSpec& spec = specs_.at(name);
    if (stored_ || spec.shape.size() == 1) return std::nullopt;
    return CounterRule{key_of(seed_, name), exponent_of(wanted_deviation(spec, config_))};
  }
  TensorView described(const std::string& name) const override {
    return {DType::kBF16, specs_.at(name).shape, nullptr};
  }

  DType dtype() const override { return DType::kBF16; }
  std::int64_t bytes() const override { return 2 * parameters_; }
  std::int64_t parameters() const override { return parameters_; }

  /// The bits follow from seed, names, shapes and scales: those are hashed in place of 105 GB.
  ContentCheck check_contents(Progress&, bool) const override {
    Sha256 sha;
    sha.update("synthetic weights 2, seed " + std::to_string(seed_) + "\n");
    for (const auto& [name, spec] : specs_) {
      const int exponent =
          spec.shape.size() == 1 ? 0 : exponent_of(wanted_deviation(spec, config_));
      sha.update(name + " BF16 " + shape_text(spec.shape) + " " + std::to_string(exponent) + "\n");
    }
    return {sha.hex(), {}, false};
  }

 private:
  ModelConfig config_;
  std::uint64_t seed_;
  bool stored_;
  std::map<std::string, WeightSpec> specs_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, Loaded> kept_;  // where they are stored
  std::int64_t parameters_ = 0;
};

/// A whole number from 0 on; nothing if the text is none.
std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

/// "?seed=N&layers=N&weights=stored", each of them or none.
SyntheticOptions options_of(std::string_view text, const std::string& spec) {
  constexpr std::uint64_t kMostLayers = 1000;
  SyntheticOptions options;
  for (text = text.substr(std::min<std::size_t>(1, text.size())); !text.empty();) {
    const std::string_view part = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    const std::string_view name = part.substr(0, part.find('='));
    const std::string_view value = part.substr(std::min(name.size() + 1, part.size()));
    const std::optional<std::uint64_t> number = whole_number(value);
    if (name == "seed" && number)
      options.seed = *number;
    else if (name == "layers" && number && *number >= 1 && *number <= kMostLayers)
      options.layers = static_cast<int>(*number);
    else if (part == "weights=stored")
      options.stored = true;
    else
      throw UserError(
          "expected synthetic:PRESET?seed=N, layers=N (1 to 1000) or weights=stored, "
          "joined by &: " +
          spec);
  }
  return options;
}

}  // namespace

std::shared_ptr<WeightTable> WeightTable::synthetic(const std::string& spec, ModelConfig* config) {
  const std::string start = "synthetic:";
  FLM_CHECK(spec.starts_with(start), "not a synthetic model: " + spec);
  const std::size_t question = std::min(spec.find('?'), spec.size());
  const std::string name = spec.substr(start.size(), question - start.size());
  for (const auto& [preset, shape] : synthetic_presets()) {
    if (preset != name) continue;
    const SyntheticOptions options = options_of(std::string_view(spec).substr(question), spec);
    *config = shape;
    if (options.layers > 0) config->layers = options.layers;
    return std::make_shared<SyntheticWeights>(*config, options);
  }
  throw UserError("unknown synthetic preset: " + name + "; known are " +
                  joined(synthetic_presets(), ", ", [](const auto& known) { return known.first; }));
}

}  // namespace flm
