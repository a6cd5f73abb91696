// What config.json means where a key is missing, null or in an odd place, against what transformers
// 5.24's classes make of it (values/make_config_values.py).
#include <gmock/gmock.h>

#include "engine/checkpoint/config_json.h"
#include "tests/engine/checkpoint/config_cases.h"
#include "tests/error_of.h"

namespace flm {
namespace {

/// transformers computes frequencies in fp32, by a power, a division and up to four more roundings:
/// each moves a value by at most 2^-24 of it, and a power of an exponent that was rounded by the
/// base's logarithm (14 for 2e6) times as much.
constexpr double kRoundings = 24 / 16777216.0;

void check_rotation(const RotaryFrequencies& ours, const Json& theirs) {
  const auto expected = theirs.at("inv_freq").get<std::vector<double>>();
  ASSERT_EQ(ours.inv_freq.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(ours.inv_freq[i], expected[i], kRoundings * expected[i]) << "pair " << i;
  EXPECT_DOUBLE_EQ(ours.attention_factor, theirs.at("factor").get<double>());
}

void check_windows(const ModelConfig& config, const Json& windows) {
  for (int layer = 0; layer < config.layers; ++layer)
    EXPECT_EQ(config.block.layer(layer).window, windows.at(static_cast<std::size_t>(layer)))
        << "layer " << layer;
}

void check_case(const Json& one) {
  ModelConfig config;
  const Json& said = one.at("config");
  ASSERT_EQ(error_of([&] { config = parse_model_config(said.dump(), "config.json"); }), "");
  if (one.contains("main")) check_rotation(rotary_frequencies(config), one["main"]);
  if (one.contains("local"))
    check_rotation(rotary_frequencies(config, Rotation::kLocal), one["local"]);
  if (one.contains("windows")) check_windows(config, one["windows"]);
  if (one.contains("eps")) {
    EXPECT_EQ(config.norm_eps, one["eps"].get<double>());
  }
  if (one.contains("capped")) {
    EXPECT_EQ(config.block.logit_cap > 0, one["capped"].get<bool>());
  }
}

TEST(ConfigValues, AreTransformers) {
  const Json cases =
      read_json_file(FLM_SOURCE_DIR "/tests/engine/checkpoint/values/config_values.json");
  for (const Json& one : cases) {
    SCOPED_TRACE(one.at("name"));
    check_case(one);
  }
}

}  // namespace
}  // namespace flm
