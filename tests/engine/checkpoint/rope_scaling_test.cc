// Rotations out of config.json.
#include <gmock/gmock.h>

#include <cmath>

#include "base/documents/json.h"
#include "tests/engine/checkpoint/config_cases.h"
#include "tests/error_of.h"

namespace flm {
namespace {

using testing::AllOf;
using testing::HasSubstr;

RotaryFrequencies rope(const Json& scaling, const Json& changes = Json::object()) {
  return rotary_frequencies(read(changed(changes, changed({{"rope_scaling", scaling}}))));
}

/// transformers' own frequencies, in float32 (make_rope_goldens.py).
TEST(RopeScaling, FrequenciesAreTransformers) {
  const Json cases = read_json_file(FLM_SOURCE_DIR "/tests/engine/checkpoint/rope_golden.json");
  ASSERT_GT(cases.size(), 100u);
  for (const Json& one : cases) {
    const RotaryFrequencies ours = rotary_frequencies(read(changed(one["changes"])));
    ASSERT_EQ(ours.inv_freq.size(), one["frequencies"].size());
    for (std::size_t i = 0; i < ours.inv_freq.size(); ++i)
      EXPECT_NEAR(ours.inv_freq[i], one["frequencies"][i].get<double>(), 4e-7 * ours.inv_freq[i])
          << i << " of " << one["changes"];
    EXPECT_DOUBLE_EQ(ours.attention_factor, one["attention_factor"].get<double>())
        << one["changes"];
  }
}

TEST(RopeScaling, BothSpellingsOfTheType) {
  const RotaryFrequencies plain = rope(nullptr);
  for (const char* key : {"type", "rope_type"}) {
    const RotaryFrequencies linear = rope({{key, "linear"}, {"factor", 4.0}});
    for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(linear.inv_freq[i], plain.inv_freq[i] / 4);
    EXPECT_EQ(rope({{key, "default"}}).inv_freq, plain.inv_freq);
    EXPECT_EQ(rope({{key, "dynamic"}, {"factor", 2.0}}).inv_freq, plain.inv_freq);
  }
}

TEST(RopeScaling, RopeParametersOfNewerFiles) {
  Json json = llama();
  json.erase("rope_theta");
  json["rope_parameters"] = {{"rope_type", "linear"}, {"factor", 2.0}, {"rope_theta", 500000.0}};
  const ModelConfig config = read(json);
  EXPECT_EQ(config.rope_theta, 500000);
  EXPECT_EQ(config.rope.type, "linear");
}

/// The base where transformers 5.24 takes it: from the rope object of either name, else from the
/// top; 10000 where nobody says it.
TEST(RopeScaling, TheBaseStandsInAnyOfThreePlaces) {
  const auto theta = [](const char* object, const Json& inner, const Json& outer) {
    Json json = llama(), rope = {{"rope_type", "linear"}, {"factor", 2.0}};
    json.erase("rope_theta");
    if (!inner.is_null()) rope["rope_theta"] = inner;
    if (!outer.is_null()) json["rope_theta"] = outer;
    json[object] = rope;
    return read(json).rope_theta;
  };
  for (const char* object : {"rope_scaling", "rope_parameters"}) {
    EXPECT_EQ(theta(object, 5000.0, nullptr), 5000);
    EXPECT_EQ(theta(object, nullptr, 5000.0), 5000);
    EXPECT_EQ(theta(object, 5000.0, 5000), 5000);
    EXPECT_THAT(error_of([&] { theta(object, 5000.0, 10000.0); }),
                AllOf(HasSubstr("rope_theta is 10000.0"), HasSubstr(object), HasSubstr("5000.0"),
                      HasSubstr("keep one")));
    EXPECT_THAT(error_of([&] { theta(object, "5000", nullptr); }), HasSubstr(object));
    EXPECT_THAT(error_of([&] { theta(object, -1, nullptr); }), HasSubstr("positive"));
  }
  EXPECT_EQ(theta("rope_scaling", nullptr, nullptr), 10000);
}

/// Values of transformers 4.57's _compute_yarn_parameters, its arithmetic redone in double
/// precision.
TEST(RopeScaling, YarnAsTransformersComputesIt) {
  const RotaryFrequencies yarn =
      rope({{"rope_type", "yarn"}, {"factor", 4.0}, {"original_max_position_embeddings", 1024}});
  const std::vector<double> expected = {1.0,
                                        0.31622776601683794,
                                        0.08125000000000002,
                                        0.019764235376052368,
                                        0.004375,
                                        0.0007905694150420947,
                                        0.00025,
                                        7.905694150420948e-05};
  ASSERT_EQ(yarn.inv_freq.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(yarn.inv_freq[i], expected[i], 1e-15 * expected[i]);
  EXPECT_DOUBLE_EQ(yarn.attention_factor, 0.1 * std::log(4.0) + 1);
}

/// Values of transformers 5.24's, in which torch.float32 was float64.
TEST(RopeScaling, YarnsRampNeedNotBeginAtAWholePair) {
  const Json scaling = {{"rope_type", "yarn"},
                        {"factor", 4.0},
                        {"original_max_position_embeddings", 1024},
                        {"truncate", false}};
  const std::vector<double> expected = {1.0,
                                        0.316227766017,
                                        0.0853986366346,
                                        0.0191267758315,
                                        0.00355697152113,
                                        0.000790569415042,
                                        0.00025,
                                        7.90569415042e-05};
  const RotaryFrequencies yarn = rope(scaling);
  ASSERT_EQ(yarn.inv_freq.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(yarn.inv_freq[i], expected[i], 1e-11 * expected[i]);
}

/// What releases of transformers read differently where windows have a rotation of their own.
TEST(RopeScaling, OfTwoRotationsIsRefusedWhereReleasesDiffer) {
  const auto refused = [](const Json& scaling, const char* key = "rope_scaling") {
    return refusal({{"model_type", "gemma3_text"}, {"rope_theta", nullptr}, {key, scaling}});
  };
  const Json yarn = {{"rope_type", "yarn"}, {"factor", 2.0}, {"truncate", false}};
  EXPECT_EQ(refused({{"rope_type", "linear"}, {"factor", 2.0}}), "");
  EXPECT_THAT(refused({{"type", "linear"}, {"factor", 2.0}}), HasSubstr("rope_type is missing"));
  EXPECT_THAT(refused(yarn), HasSubstr("truncate is false"));
  EXPECT_THAT(refused({{"full_attention", yarn}}, "rope_parameters"), HasSubstr("truncate"));
  EXPECT_EQ(refused({{"full_attention", {{"type", "linear"}, {"factor", 2.0}}}}, "rope_parameters"),
            "");
  EXPECT_THAT(refused({{"rope_type", "default"}, {"rope_theta", 1e4}}, "rope_parameters"),
              HasSubstr("two rotations"));
}

TEST(RopeScaling, YarnAttentionFactor) {
  EXPECT_EQ(
      rope({{"rope_type", "yarn"}, {"factor", 4.0}, {"attention_factor", 1.5}}).attention_factor,
      1.5);
  EXPECT_DOUBLE_EQ(
      rope({{"rope_type", "yarn"}, {"factor", 4.0}, {"mscale", 0.5}, {"mscale_all_dim", 2.0}})
          .attention_factor,
      (0.05 * std::log(4.0) + 1) / (0.2 * std::log(4.0) + 1));
}

TEST(RopeScaling, LongropeDividesUpToTheOriginalContext) {
  const Json scaling = {{"type", "longrope"},
                        {"short_factor", {1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0}},
                        {"long_factor", {1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 32.0, 32.0}}};
  const Json phi3 = {{"model_type", "phi3"}, {"original_max_position_embeddings", 1024}};
  const ModelConfig config = read(changed(phi3, changed({{"rope_scaling", scaling}})));
  const RotaryFrequencies turned = rotary_frequencies(config);
  ASSERT_EQ(turned.inv_freq.size(), 8u);
  for (std::size_t i = 0; i < 8; ++i) {
    const double divisor = scaling["short_factor"][i].get<double>();
    EXPECT_DOUBLE_EQ(turned.inv_freq[i], std::pow(10000.0, -static_cast<double>(i) / 8) / divisor);
  }
  EXPECT_DOUBLE_EQ(turned.attention_factor, std::sqrt(1 + std::log(4.0) / std::log(1024.0)));
  EXPECT_EQ(longest_request(config), 1024);  // beyond it every position would turn otherwise
}

/// transformers' class has 4096 where the key does not stand outside, and does not look inside.
TEST(RopeScaling, Phi3sOriginalContextStandsOutside) {
  const auto error = [](int inside, const Json& outside) {
    Json json = changed({{"model_type", "phi3"},
                         {"rope_scaling",
                          {{"type", "longrope"},
                           {"original_max_position_embeddings", inside},
                           {"short_factor", std::vector<double>(8, 1.5)},
                           {"long_factor", std::vector<double>(8, 2.5)}}}});
    json.update(outside);
    return error_of([&] { read(json); });
  };
  EXPECT_EQ(error(4096, Json::object()), "");
  EXPECT_EQ(error(1024, {{"original_max_position_embeddings", 1024}}), "");
  EXPECT_THAT(error(1024, Json::object()), AllOf(HasSubstr("original_max_position_embeddings"),
                                                 HasSubstr("1024"), HasSubstr("move it out")));
}

TEST(RopeScaling, WrongOnesAreRefused) {
  const auto refused = [](const Json& scaling) { return refusal({{"rope_scaling", scaling}}); };
  EXPECT_THAT(refused({{"rope_type", "longrope"}, {"original_max_position_embeddings", 64}}),
              HasSubstr("short_factor"));
  EXPECT_THAT(refused({{"rope_type", "proportional"}, {"factor", 2.0}}), HasSubstr("proportional"));
  EXPECT_THAT(refused({{"rope_type", "linear"}}),
              HasSubstr("lacks factor: what the model computes cannot be known without it"));
  EXPECT_THAT(refused({{"factor", 2.0}}), HasSubstr("rope_type"));
  EXPECT_THAT(refused({{"rope_type", "linear"}, {"type", "dynamic"}, {"factor", 2.0}}),
              HasSubstr("contradicts"));
  EXPECT_THAT(refused({{"rope_type", "linear"}, {"factor", 2.0}, {"short_factor", {1.0}}}),
              HasSubstr("short_factor"));
  EXPECT_THAT(refused({{"rope_type", "llama3"}, {"factor", 8.0}, {"low_freq_factor", 1.0}}),
              HasSubstr("high_freq_factor"));
  EXPECT_THAT(refused("linear"), HasSubstr("rope_scaling"));
}

}  // namespace
}  // namespace flm
