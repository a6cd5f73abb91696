// Tensors by name, shape and dtype; ties, buffers, alignment; widening; hash, NaN count and their
// cache.
#include "engine/checkpoint/weight_table.h"

#include <gmock/gmock.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <thread>

#include "engine/checkpoint/contents/content_check.h"
#include "engine/engine.h"
#include "tests/engine/checkpoint/small_checkpoint.h"
#include "tests/error_of.h"

namespace flm {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kEmbedding = "model.embed_tokens.weight";
constexpr const char* kHead = "lm_head.weight";

std::string bytes_of_loaded(const WeightTable& table, const std::string& name) {
  const auto loaded = table.load(name);
  const std::size_t n =
      static_cast<std::size_t>(loaded.view.elements()) * bytes_of(loaded.view.dtype);
  return {reinterpret_cast<const char*>(loaded.view.data), n};
}

WeightTable::ContentCheck check(const std::string& folder, bool use_cache = false) {
  SilentProgress progress;
  return open_table(folder)->check_contents(progress, use_cache);
}

TEST(WeightTable, GivesTheBytesAndCounts) {
  const SmallCheckpoint small;
  const auto table = open_table(small.write());
  std::int64_t bytes = 0;
  for (const auto& [name, tensor] : small.tensors) {
    EXPECT_EQ(bytes_of_loaded(*table, name), tensor.bytes) << name;
    bytes += static_cast<std::int64_t>(tensor.bytes.size());
  }
  EXPECT_EQ(table->bytes(), bytes);
  EXPECT_EQ(table->parameters(), bytes / 2);
  EXPECT_EQ(table->dtype(), DType::kBF16);
  EXPECT_THROW(table->load("no.such.weight"), InternalError);
}

TEST(WeightTable, LoadedTensorsOutliveTheTable) {
  const SmallCheckpoint small;
  auto table = open_table(small.write());
  const auto loaded = table->load(kHead);
  table.reset();
  EXPECT_EQ(std::memcmp(loaded.view.data, small.tensors.at(kHead).bytes.data(), 160), 0);
}

TEST(WeightTable, DataAtOddAddressesIsAlignedByCopying) {
  const SmallCheckpoint small;
  for (int padding : {0, 1, 2, 3}) {
    const auto table = open_table(small.write(padding));
    const auto loaded = table->load(kHead);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(loaded.view.data) % 2, 0u);
    EXPECT_EQ(bytes_of_loaded(*table, kHead), small.tensors.at(kHead).bytes);
  }
}

TEST(WeightTable, EverythingWrongIsToldAtOnce) {
  SmallCheckpoint small;
  small.tensors.erase("model.norm.weight");
  small.tensors["model.layers.1.mlp.up_proj.weight"] =
      small.tensors.at("model.layers.0.mlp.up_proj.weight");
  std::swap(small.tensors.at("model.layers.0.mlp.down_proj.weight").shape[0],
            small.tensors.at("model.layers.0.mlp.down_proj.weight").shape[1]);
  small.tensors.at("model.layers.0.self_attn.q_proj.weight").dtype = "I16";
  const std::string message = error_of([&] { open_table(small.write()); });
  EXPECT_THAT(message,
              AllOf(HasSubstr("missing (1): model.norm.weight"),
                    HasSubstr("surplus (1): model.layers.1.mlp.up_proj.weight"),
                    HasSubstr("model.layers.0.mlp.down_proj.weight expected [8, 12] found [12, 8]"),
                    HasSubstr("model.layers.0.self_attn.q_proj.weight I16")));
  EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 0) << message;
}

/// Of families whose tensors are cut or joined when they are read too.
TEST(WeightTable, ADtypeThatIsNoWeightsIsToldAsThat) {
  for (const char* type : {"llama", "glm"}) {
    SmallCheckpoint small(
        {{"model_type", type}, {"num_key_value_heads", 2}, {"head_dim", 4}, {"rope_theta", 1e4}});
    const std::string q = "model.layers.0.self_attn.q_proj.weight";
    const std::string up = "model.layers.0.mlp.gate_up_proj.weight";
    if (std::string(type) == "glm") {
      for (const char* part : {"gate", "up"})
        small.tensors.erase(std::string("model.layers.0.mlp.") + part + "_proj.weight");
      small.tensors[up] = {"BF16", {24, 8}, std::string(24 * 8 * 2, '\0')};
    }
    SmallTensor& tensor = small.tensors.at(q);
    tensor.dtype = "F64";
    tensor.bytes.resize(tensor.bytes.size() * 4);
    const std::string error = error_of([&] { open_table(small.write()); });
    EXPECT_THAT(error, HasSubstr("dtype is not a weight's (F32, F16, BF16)")) << type;
    EXPECT_THAT(error, HasSubstr(q + " F64")) << type;
    EXPECT_THAT(error, Not(HasSubstr("wrong shape"))) << type;
  }
}

/// stablelm's heads have norms in tensors of their own, cohere's in one of two axes.
TEST(WeightTable, NormsOfHeadsThatDoNotFitTogetherAreToldWithoutRanks) {
  const std::string folder = "model.layers.0.self_attn.";
  SmallCheckpoint stablelm({{"model_type", "stablelm"},
                            {"num_key_value_heads", 2},
                            {"rms_norm_eps", nullptr},
                            {"partial_rotary_factor", 0.5},
                            {"qk_layernorm", true}});
  for (const std::string q : {"q", "k"}) {
    stablelm.tensors.erase(folder + q + "_layernorm.weight");
    for (const std::string head : {"0", "1"})
      stablelm.tensors[folder + q + "_layernorm.norms." + head + ".weight"] = {
          "BF16", {4}, std::string(8, '\1')};
  }
  EXPECT_EQ(error_of([&] { open_table(stablelm.write()); }), "");
  stablelm.tensors[folder + "k_layernorm.norms.1.weight"] = {"F32", {4}, std::string(16, '\1')};
  EXPECT_THAT(error_of([&] { open_table(stablelm.write()); }),
              AllOf(HasSubstr("norms of heads must be of one dtype"),
                    HasSubstr(folder + "k_layernorm.norms.0.weight BF16, " + folder +
                              "k_layernorm.norms.1.weight F32"),
                    Not(HasSubstr("ranks"))));
  stablelm.tensors[folder + "k_layernorm.norms.1.weight"] = {"BF16", {4, 2}, std::string(16, '\1')};
  EXPECT_THAT(error_of([&] { open_table(stablelm.write()); }),
              AllOf(HasSubstr("norms.1.weight expected [4] for each head found [4, 2]"),
                    Not(HasSubstr("ranks"))));
  SmallCheckpoint cohere(
      {{"model_type", "cohere"}, {"rms_norm_eps", nullptr}, {"use_qk_norm", true}});
  cohere.tensors[folder + "q_norm.weight"] = {"BF16", {2}, std::string(4, '\1')};
  cohere.tensors[folder + "k_norm.weight"] = {"BF16", {2, 4}, std::string(16, '\1')};
  EXPECT_THAT(error_of([&] { open_table(cohere.write()); }),
              AllOf(HasSubstr("q_norm.weight expected [4] for each head found []"),
                    Not(HasSubstr("ranks"))));
}

TEST(WeightTable, ATiedHeadMayBeThereIfItIsEqual) {
  SmallCheckpoint small(Json{{"tie_word_embeddings", true}});
  const std::string without = check(small.write()).hash;
  small.tensors[kHead] = small.tensors.at(kEmbedding);
  EXPECT_EQ(check(small.write()).hash, without);
  EXPECT_EQ(open_table(small.folder.path())->parameters(), 10 * 8 + 4 * 64 + 3 * 96 + 3 * 8);
  small.tensors[kHead].bytes[5] ^= 1;
  EXPECT_THAT(error_of([&] { open_table(small.write()); }),
              AllOf(HasSubstr("tie_word_embeddings"), HasSubstr(kHead), HasSubstr("values")));
}

TEST(WeightTable, OldRotaryBuffersAreIgnored) {
  SmallCheckpoint small;
  const std::string hash = check(small.write()).hash;
  small.tensors["model.layers.0.self_attn.rotary_emb.inv_freq"] = {
      "F32", {2}, std::string(8, '\0')};
  EXPECT_EQ(check(small.write()).hash, hash);
  SilentProgress progress;
  EXPECT_THAT(inspect_checkpoint(small.folder.path(), false, progress)["ignored_tensors"].dump(),
              HasSubstr("rotary_emb.inv_freq"));
}

/// The names are another's, the model is the same.
TEST(WeightTable, NamesOfWrappersAndOfBareModelsAreUnderstood) {
  const auto renamed = [](bool tied, const std::function<std::string(const std::string&)>& name) {
    SmallCheckpoint small(Json{{"tie_word_embeddings", tied}});
    const std::string plain = check(small.write()).hash;
    SmallTensors tensors;
    for (const auto& [own, tensor] : small.tensors) tensors[name(own)] = tensor;
    small.tensors = tensors;
    return check(small.write()).hash == plain;
  };
  const auto before = [](const std::string& prefix) {
    return [prefix](const std::string& name) { return prefix + name; };
  };
  const auto bare = [](const std::string& name) {
    return name.starts_with("model.") ? name.substr(6) : name;
  };
  EXPECT_TRUE(renamed(false, before("_orig_mod.")));
  EXPECT_TRUE(renamed(false, before("module.")));
  EXPECT_TRUE(renamed(true, before("_orig_mod.module.")));
  EXPECT_TRUE(renamed(false, [](std::string name) {
    const std::size_t at = name.find("self_attn");
    return at == name.npos ? name : name.insert(at, "_fsdp_wrapped_module.");
  }));
  EXPECT_TRUE(renamed(true, bare));
  EXPECT_TRUE(renamed(false, bare));
  EXPECT_TRUE(renamed(true, [](const std::string& name) {
    return name == "model.embed_tokens.weight" ? "lm_head.weight" : name;
  }));
}

TEST(WeightTable, TwoTensorsOfOneNameAreNotTakenForOne) {
  SmallCheckpoint small;
  small.tensors["_orig_mod.model.norm.weight"] = small.tensors.at("model.norm.weight");
  EXPECT_THAT(error_of([&] { open_table(small.write()); }),
              HasSubstr("surplus (1): _orig_mod.model.norm.weight"));
}

TEST(WeightTable, ValueHeadsAreIgnored) {
  SmallCheckpoint small;
  const std::string hash = check(small.write()).hash;
  small.tensors["v_head.summary.weight"] = {"F32", {1, 1}, std::string(4, '\0')};
  EXPECT_EQ(check(small.write()).hash, hash);
}

TEST(ContentCheck, HashDependsOnNamesDtypesShapesAndBytes) {
  SmallCheckpoint small;
  const std::string hash = check(small.write()).hash;
  EXPECT_EQ(check(small.write(5)).hash, hash) << "the place in the file does not matter";
  SmallCheckpoint other;
  other.tensors.at(kHead).bytes[0] ^= 1;
  EXPECT_NE(check(other.write()).hash, hash);
  other.tensors = small.tensors;
  other.tensors.at(kHead).dtype = "F16";
  EXPECT_NE(check(other.write()).hash, hash);
  other.tensors = small.tensors;
  std::swap(other.tensors.at(kHead).bytes, other.tensors.at(kEmbedding).bytes);
  EXPECT_NE(check(other.write()).hash, hash);
}

TEST(ContentCheck, IsCachedUntilTheFileChanges) {
  const TemporaryFolder cache;
  const ScopedEnvironment environment("XDG_CACHE_HOME", cache.path());
  SmallCheckpoint small;
  const std::string folder = small.write();
  const auto first = check(folder, true), second = check(folder, true),
             again = check(folder, false);
  EXPECT_FALSE(first.from_cache);
  EXPECT_TRUE(second.from_cache);
  EXPECT_FALSE(again.from_cache);
  EXPECT_EQ(first.hash, second.hash);
  small.tensors.at(kHead).bytes[3] = '\x7F';
  small.tensors.at(kHead).bytes[2] = '\x81';  // 0x7F81: a NaN
  small.write();
  namespace fs = std::filesystem;  // clocks of file systems may be coarser than a test is long
  const std::string file = small.folder / "model.safetensors";
  fs::last_write_time(file, fs::last_write_time(file) + std::chrono::seconds(1));
  const auto changed = check(folder, true);
  EXPECT_FALSE(changed.from_cache);
  EXPECT_NE(changed.hash, first.hash);
  EXPECT_THAT(changed.not_finite, ElementsAre("lm_head.weight: 1 NaN, 0 Inf"));
  EXPECT_EQ(check(folder, true).not_finite, changed.not_finite);
}

/// Whoever loads, in any order and from several threads: the same findings, each tensor once.
TEST(ContentCheck, WhatIsLoadedIsLookedThroughMeanwhile) {
  SmallCheckpoint small;
  small.tensors.at(kHead).bytes.replace(0, 4, "\x80\x7f\xc0\x7f");
  const std::string folder = small.write(1);  // some tensors have to be copied
  const auto plain = check(folder);
  EXPECT_THAT(plain.not_finite, ElementsAre("lm_head.weight: 1 NaN, 1 Inf"));
  const TemporaryFolder cache;
  const ScopedEnvironment environment("XDG_CACHE_HOME", cache.path());
  SilentProgress progress;
  const auto table = open_table(folder);
  ASSERT_TRUE(table->check_as_loaded(progress));
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (const auto& [name, tensor] : small.tensors)
          if (name != kEmbedding) {
            EXPECT_EQ(bytes_of_loaded(*table, name), tensor.bytes);
          }
      });
  }
  const auto found = table->check_contents(progress, true);
  EXPECT_EQ(found.hash, plain.hash);
  EXPECT_EQ(found.not_finite, plain.not_finite);
  EXPECT_FALSE(found.from_cache);
  EXPECT_EQ(found.read_apart, 160) << "the embedding, which nobody has loaded";
  EXPECT_EQ(plain.read_apart, table->bytes());
  EXPECT_FALSE(table->check_as_loaded(progress)) << "known by now";
  EXPECT_TRUE(table->check_contents(progress, true).from_cache);
}

TEST(ContentCheck, AnUnwritableOrDamagedCacheIsNoError) {
  const TemporaryFolder cache;
  cache.write("flmeval", "a file where the folder should be");
  const ScopedEnvironment environment("XDG_CACHE_HOME", cache.path());
  const SmallCheckpoint small;
  const std::string folder = small.write();
  EXPECT_EQ(check(folder, true).hash, check(folder, true).hash);
  std::filesystem::remove(cache / "flmeval");
  check(small.folder.path(), true);
  for (const auto& entry : std::filesystem::directory_iterator(cache / "flmeval/weights")) {
    std::ofstream(entry.path()) << "{";
  }
  EXPECT_FALSE(check(small.folder.path(), true).from_cache);
}

/// Every 16-bit pattern, and every place in a run of the vectorized loop.
TEST(ContentCheck, CountsEveryNaNAndInfinity) {
  std::vector<std::uint16_t> all(65536);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint16_t>(i);
  const auto* bytes = reinterpret_cast<const std::byte*>(all.data());
  EXPECT_EQ(count_not_finite(DType::kF16, bytes, 65536).infinities, 2);
  EXPECT_EQ(count_not_finite(DType::kF16, bytes, 65536).nans, 2 * 1023);
  EXPECT_EQ(count_not_finite(DType::kBF16, bytes, 65536).infinities, 2);
  EXPECT_EQ(count_not_finite(DType::kBF16, bytes, 65536).nans, 2 * 127);
  for (std::size_t place : {0, 1, 1023, 1024, 2047, 2048, 2050}) {
    std::vector<float> values(2051, 1.0F);
    values[place] = -std::numeric_limits<float>::infinity();
    const NotFinite found =
        count_not_finite(DType::kF32, reinterpret_cast<const std::byte*>(values.data()), 2051);
    EXPECT_EQ(found.infinities, 1) << place;
    EXPECT_EQ(found.nans, 0) << place;
  }
}

TEST(Widen, EveryHalfAndBfloat16IsExact) {
  std::vector<std::uint16_t> all(65536);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint16_t>(i);
  std::vector<float> half(65536), brain(65536);
  widen({DType::kF16, {65536}, reinterpret_cast<const std::byte*>(all.data())}, 0, 65536,
        half.data());
  widen({DType::kBF16, {65536}, reinterpret_cast<const std::byte*>(all.data())}, 0, 65536,
        brain.data());
  for (int i = 0; i < 65536; ++i) {
    const int exponent = (i >> 10) & 31, mantissa = i & 1023;
    const double sign = i & 0x8000 ? -1 : 1;
    const auto at = static_cast<std::size_t>(i);
    if (exponent == 31) {
      EXPECT_EQ(std::isnan(half[at]), mantissa != 0);
      EXPECT_EQ(std::isinf(half[at]), mantissa == 0);
    } else {
      const double value =
          exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
      ASSERT_EQ(half[at], sign * value) << i;
    }
    EXPECT_EQ(std::signbit(half[at]), (i & 0x8000) != 0);
    std::uint32_t bits;
    std::memcpy(&bits, &brain[at], 4);
    ASSERT_EQ(bits, static_cast<std::uint32_t>(i) << 16);
  }
  float part[2];
  widen({DType::kBF16, {65536}, reinterpret_cast<const std::byte*>(all.data())}, 0x3F80, 2, part);
  EXPECT_EQ(part[0], 1.0F);
  EXPECT_EQ(part[1], 1.0F + 1.0F / 128);
}

TEST(Inspect, DescribesAndVerifies) {
  SmallCheckpoint small;
  small.folder.write("tokenizer.model", "x");
  SilentProgress progress;
  const Json shown = inspect_checkpoint(small.write(), false, progress);
  EXPECT_EQ(shown["model_type"], "llama");
  EXPECT_EQ(shown["config"]["hidden"], 8);
  EXPECT_EQ(shown["tensors"], 12);
  EXPECT_EQ(shown["parameters"], 2 * 80 + 4 * 64 + 3 * 96 + 3 * 8);
  EXPECT_EQ(shown["dtype"], "BF16");
  EXPECT_EQ(shown["format"], "safetensors");
  EXPECT_EQ(shown["tokenizer"], Json::array({"tokenizer.model"}));
  const Json sound = inspect_checkpoint(small.folder.path(), true, progress);
  EXPECT_EQ(sound["weights_hash"], check(small.folder.path()).hash);
  EXPECT_TRUE(sound["problems"].empty());
  small.tensors.at(kHead) = small.tensors.at(kEmbedding);
  small.tensors.at("model.norm.weight").bytes =
      std::string("\x80\x7f\xc0\x7f", 4) + std::string(12, '\0');
  const Json problems = inspect_checkpoint(small.write(), true, progress)["problems"];
  ASSERT_EQ(problems.size(), 2u);
  EXPECT_EQ(problems[0], "not finite: model.norm.weight: 1 NaN, 1 Inf");
  EXPECT_THAT(problems[1].get<std::string>(),
              HasSubstr("lm_head.weight equals model.embed_tokens.weight"));
}

}  // namespace
}  // namespace flm
