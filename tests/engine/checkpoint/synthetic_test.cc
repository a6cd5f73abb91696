// Synthetic weights: the same bits for the same name and seed, bf16, sane in size.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/sha256.h"
#include "engine/checkpoint/weight_table.h"
#include "engine/engine.h"
#include "tests/engine/checkpoint/checkpoint_fixtures.h"

namespace flm {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::vector<float> values(const WeightTable& table, const std::string& name) {
  const auto loaded = table.load(name);
  std::vector<float> out(static_cast<std::size_t>(loaded.view.elements()));
  widen(loaded.view, 0, loaded.view.elements(), out.data());
  return out;
}

TEST(Synthetic, PresetsHaveTheKnownShapes) {
  ModelConfig config;
  EXPECT_EQ(WeightTable::synthetic("synthetic:tele-flm-52b", &config)->parameters(), 52824121344);
  EXPECT_EQ(config.hidden, 8192);
  EXPECT_EQ(config.logit_scale, 0.03125F);
  EXPECT_EQ(WeightTable::synthetic("synthetic:tele-flm-mup-283m", &config)->parameters(),
            281608704);
  EXPECT_EQ(WeightTable::synthetic("synthetic:llama-160m", &config)->parameters(), 162417408);
  EXPECT_EQ(config.model_type, "llama");
  EXPECT_EQ(WeightTable::synthetic("synthetic:llama-8b", &config)->parameters(), 8030261248);
  EXPECT_EQ(config.kv_heads, 8);
  EXPECT_EQ(config.head_dim, 128);
  EXPECT_EQ(config.rope_theta, 500000);
  EXPECT_EQ(WeightTable::synthetic("synthetic:tiny", &config)->dtype(), DType::kBF16);
}

TEST(Synthetic, BitsDependOnSeedAndNameAlone) {
  ModelConfig config;
  const std::string q = "model.layers.0.self_attn.q_proj.weight",
                    k = "model.layers.0.self_attn.k_proj.weight";
  const auto table = WeightTable::synthetic("synthetic:tiny?seed=7", &config);
  const auto first = values(*table, q);
  EXPECT_EQ(values(*table, q), first);
  EXPECT_EQ(values(*WeightTable::synthetic("synthetic:tiny?seed=7", &config), q), first);
  EXPECT_NE(values(*WeightTable::synthetic("synthetic:tiny?seed=8", &config), q), first);
  EXPECT_EQ(config.layers, 3);
  const auto stored =
      WeightTable::synthetic("synthetic:tiny?layers=2&seed=7&weights=stored", &config);
  EXPECT_EQ(config.layers, 2);
  EXPECT_EQ(values(*stored, q), first);
  EXPECT_FALSE(stored->rule(q));
  EXPECT_TRUE(table->rule(q));
  EXPECT_NE(values(*table, k), first);
  // A contract: stored results refer to these bits. Computed apart, by a few lines of Python.
  EXPECT_EQ(first[0], -0.1787109375F);
  EXPECT_EQ(first[1], 0.2216796875F);
  EXPECT_EQ(first[4095], -0.1572265625F);
}

TEST(Synthetic, ValuesAreSane) {
  ModelConfig config;
  const auto table = WeightTable::synthetic("synthetic:llama-160m", &config);
  for (const std::string name :
       {"model.layers.3.mlp.gate_proj.weight", "model.layers.3.mlp.down_proj.weight"}) {
    const auto loaded = table->load(name);
    const std::vector<float> all = values(*table, name);
    double sum = 0, squares = 0;
    for (float value : all) {
      sum += value;
      squares += static_cast<double>(value) * value;
    }
    const double n = static_cast<double>(all.size());
    const double deviation =
        std::sqrt(squares / n) * std::sqrt(static_cast<double>(loaded.view.shape[1]));
    EXPECT_NEAR(sum / n, 0, 4 * std::sqrt(squares / n / n)) << name;  // four standard errors
    EXPECT_GT(deviation, 0.5) << name;
    EXPECT_LT(deviation, 2) << name;
    EXPECT_EQ(std::set<float>(all.begin(), all.end()).size(), 256u) << name;
  }
  for (float value : values(*table, "model.norm.weight")) ASSERT_EQ(value, 1);
}

TEST(Synthetic, HashFollowsTheSeed) {
  ModelConfig config;
  SilentProgress progress;
  const auto hash = [&](const char* spec) {
    return WeightTable::synthetic(spec, &config)->check_contents(progress, true).hash;
  };
  EXPECT_EQ(hash("synthetic:tele-flm-52b"), hash("synthetic:tele-flm-52b?seed=1234"));
  EXPECT_NE(hash("synthetic:tele-flm-52b"), hash("synthetic:tele-flm-52b?seed=1"));
  EXPECT_EQ(inspect_checkpoint("synthetic:tiny", true, progress)["weights_hash"],
            hash("synthetic:tiny"));
}

/// SHA-256 of the lines that the bits follow from, the exponents taken from the bits: the largest
/// of the 256 values of a matrix is 255 * 2^exponent.
TEST(Synthetic, TheHashIsOfTheExponentsThatTheBitsHave) {
  ModelConfig config;
  const auto table = WeightTable::synthetic("synthetic:tiny?seed=7", &config);
  std::vector<WeightSpec> specs = expected_weights(config);
  std::sort(specs.begin(), specs.end(),
            [](const WeightSpec& a, const WeightSpec& b) { return a.name < b.name; });
  std::string text = "synthetic weights 2, seed 7\n";
  for (const WeightSpec& spec : specs) {
    const std::vector<float> all = values(*table, spec.name);
    int exponent = 0;  // norms are 1
    std::string shape = std::to_string(spec.shape[0]);
    if (spec.shape.size() == 2) {
      exponent = std::ilogb(*std::max_element(all.begin(), all.end()) / 255);
      shape += ", " + std::to_string(spec.shape[1]);
    }
    text += spec.name + " BF16 [" + shape + "] " + std::to_string(exponent) + "\n";
  }
  SilentProgress progress;
  EXPECT_EQ(table->check_contents(progress, false).hash, sha256_hex(text));
}

TEST(Synthetic, WrongSpecsAreRefused) {
  ModelConfig config;
  const auto refusal = [&](const std::string& spec) {
    return error_of([&] { WeightTable::synthetic(spec, &config); });
  };
  EXPECT_THAT(refusal("synthetic:huge"),
              AllOf(HasSubstr("huge"),
                    HasSubstr("tele-flm-52b, tele-flm-mup-283m, llama-160m, llama-8b, tiny")));
  EXPECT_THAT(refusal("synthetic:tiny?seed=x"), HasSubstr("seed=N"));
  EXPECT_THAT(refusal("synthetic:tiny?sed=1"), HasSubstr("seed=N"));
  EXPECT_THAT(refusal("synthetic:tiny?seed=1&layers=0"), HasSubstr("layers=N"));
  EXPECT_THAT(refusal("synthetic:tiny?weights=lost"), HasSubstr("weights=stored"));
}

}  // namespace
}  // namespace flm
