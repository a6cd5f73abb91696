// The conformance checkpoints: the good ones are read to the byte, the bad ones are refused in
// clear words.
#include <gmock/gmock.h>

#include <cmath>
#include <vector>

#include "base/sha256.h"
#include "engine/checkpoint/config/model_config.h"
#include "engine/checkpoint/config_json.h"
#include "engine/checkpoint/weight_table.h"
#include "tests/engine/checkpoint/checkpoint_fixtures.h"

namespace flm {
namespace {

using testing::HasSubstr;

struct Good {
  std::string folder, reference;
};

class GoodCheckpoint : public testing::TestWithParam<Good> {
 protected:
  void SetUp() override {
    FLM_NEEDS_SHARED();
    folder = conformance(GetParam().folder);
    config = read_model_config(folder);
    reference = read_json_file(conformance(GetParam().reference) + "/reference.json");
  }
  std::string folder;
  ModelConfig config;
  Json reference;
};

TEST_P(GoodCheckpoint, HasTheStoredBytesOfEveryTensor) {
  const auto table = WeightTable::open(folder, config);
  const Json& expected = reference["tensors"];
  const std::vector<WeightSpec> specs = expected_weights(config);
  ASSERT_EQ(specs.size(), expected.size());
  std::int64_t parameters = 0;
  for (const WeightSpec& spec : specs) {
    const auto loaded = table->load(spec.name);
    const std::size_t bytes =
        static_cast<std::size_t>(loaded.view.elements()) * bytes_of(loaded.view.dtype);
    const std::string_view text(reinterpret_cast<const char*>(loaded.view.data), bytes);
    EXPECT_EQ(sha256_hex(text).substr(0, 16), expected.at(spec.name).get<std::string>())
        << spec.name;
    EXPECT_EQ(loaded.view.shape, spec.shape);
    parameters += loaded.view.elements();
  }
  EXPECT_EQ(table->parameters(), parameters);
  const std::map<std::string, std::string> names = {
      {"bfloat16", "BF16"}, {"float16", "F16"}, {"float32", "F32"}};
  EXPECT_EQ(name_of(table->dtype()), names.at(reference["stored_dtype"]));
}

TEST_P(GoodCheckpoint, HasTheReferenceScalars) {
  const Json& scalars = reference["scalars"];
  EXPECT_EQ(config.embedding_scale, static_cast<float>(scalars["embedding"].get<double>()));
  EXPECT_EQ(config.residual_scale, static_cast<float>(scalars["residual"].get<double>()));
  EXPECT_EQ(config.attention_scale, static_cast<float>(scalars["attention"].get<double>()));
  EXPECT_EQ(config.logit_scale, static_cast<float>(scalars["logit"].get<double>()));
  EXPECT_EQ(config.vocab_rows, reference["vocab_rows"].get<int>());
}

TEST_P(GoodCheckpoint, HasTheReferenceFrequencies) {
  const RotaryFrequencies frequencies = rotary_frequencies(config);
  const auto expected = reference["inv_freq"].get<std::vector<double>>();
  ASSERT_EQ(frequencies.inv_freq.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(frequencies.inv_freq[i], expected[i], 4e-16 * expected[i]) << i;
  }
  EXPECT_EQ(frequencies.attention_factor, 1);
}

INSTANTIATE_TEST_SUITE_P(All, GoodCheckpoint,
                         testing::Values(Good{"teleflm-mup/safetensors", "teleflm-mup"},
                                         Good{"teleflm-mup/bin", "teleflm-mup"},
                                         Good{"teleflm-nomup", "teleflm-nomup"},
                                         Good{"llama-gqa-tied", "llama-gqa-tied"},
                                         Good{"llama-rope-linear", "llama-rope-linear"},
                                         Good{"llama-bias", "llama-bias"},
                                         Good{"teleflm-odd-bin", "teleflm-odd-bin"}),
                         [](const auto& test) {
                           std::string name = test.param.folder;
                           for (char& c : name)
                             c = isalnum(static_cast<unsigned char>(c)) ? c : '_';
                           return name;
                         });

WeightTable::ContentCheck check_of(const std::string& folder, bool use_cache = false) {
  SilentProgress progress;
  return WeightTable::open(folder, read_model_config(folder))->check_contents(progress, use_cache);
}

TEST(WeightsHash, IsTheSameForSafetensorsAndBin) {
  FLM_NEEDS_SHARED();
  const auto safetensors = check_of(conformance("teleflm-mup/safetensors"));
  EXPECT_EQ(safetensors.hash, check_of(conformance("teleflm-mup/bin")).hash);
  EXPECT_NE(safetensors.hash, check_of(conformance("teleflm-nomup")).hash);
  EXPECT_TRUE(safetensors.not_finite.empty());
}

/// One line, or a heading and a few indented ones.
std::string opening_error(const std::string& folder) {
  return error_of([&] {
    const ModelConfig config = read_model_config(folder);
    const auto table = WeightTable::open(folder, config);
    SilentProgress progress;
    const auto check = table->check_contents(progress, false);
    for (const std::string& finding : check.not_finite)
      throw UserError("weights are not finite: " + finding);
  });
}

TEST(BadCheckpoints, AreRefusedInClearWords) {
  FLM_NEEDS_SHARED();
  std::filesystem::remove("pwned");
  const Json expected = read_json_file(conformance("bad/expected.json"));
  ASSERT_EQ(expected.size(), 32u);
  for (const auto& [name, row] : expected.items()) {
    if (name == "tokenizer-truncated") continue;  // not the weights' affair
    const std::string message = opening_error(conformance("bad/" + name));
    EXPECT_EQ(message.empty(), name == "good") << name << ": " << message;
    for (const Json& word : row["mention"]) {
      EXPECT_THAT(message, HasSubstr(word.get<std::string>())) << name;
    }
    EXPECT_LE(std::count(message.begin(), message.end(), '\n'), 9) << message;
    RecordProperty(name, message);
  }
  EXPECT_FALSE(std::filesystem::exists("pwned")) << "the pickle was executed";
}

TEST(BadCheckpoints, TellHowManyValuesAreNotFinite) {
  FLM_NEEDS_SHARED();
  const auto check = check_of(conformance("bad/tensor-nan-inf"));
  EXPECT_THAT(check.not_finite,
              testing::ElementsAre("model.layers.0.mlp.up_proj.weight: 1 NaN, 1 Inf"));
}

}  // namespace
}  // namespace flm
