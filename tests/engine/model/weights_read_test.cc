// How often the bytes of a checkpoint's files are taken, whoever computes with them.
#include <fstream>
#include <vector>

#include "tests/engine/checkpoint/small_checkpoint.h"
#include "tests/engine/fixture.h"

namespace flm::test {
namespace {

constexpr int kLayers = 4, kHidden = 16, kVocab = 300;
constexpr std::int64_t kElement = 2;  // bytes
constexpr std::int64_t kNorms = (2 * kLayers + 1) * kHidden * kElement;
constexpr std::int64_t kEmbedding = kVocab * kHidden * kElement;

SmallCheckpoint made(bool tied) {
  return SmallCheckpoint(Json{{"hidden_size", kHidden},
                              {"intermediate_size", 40},
                              {"num_hidden_layers", kLayers},
                              {"num_attention_heads", 4},
                              {"vocab_size", kVocab},
                              {"max_position_embeddings", 64},
                              {"tie_word_embeddings", tied}});
}

/// Written so that weights lie aligned: others are copied whole wherever some of them are wanted.
std::string written(const SmallCheckpoint& checkpoint) {
  const std::string folder = checkpoint.write();
  std::ifstream file(folder + "/model.safetensors", std::ios::binary);
  std::uint64_t header = 0;
  file.read(reinterpret_cast<char*>(&header), sizeof header);
  return checkpoint.write(static_cast<int>((8 - header % 8) % 8));
}

/// A cache of its own: nobody has looked through these weights.
struct Reading {
  explicit Reading(bool tied = false) : checkpoint(made(tied)), folder(written(checkpoint)) {}

  std::unique_ptr<Engine> open(int replicas, int ranks, int stages, const char* placement) const {
    static SilentProgress silent;
    EngineOptions options;
    options.model = folder;
    options.threads = 2;
    options.data_parallel = replicas;
    options.tensor_parallel = ranks;
    options.pipeline_parallel = stages;
    options.placement = placement;
    return Engine::open(options, silent);
  }
  std::int64_t read(Engine& engine) const {
    std::vector<ScoreRequest> requests;
    for (std::uint32_t i = 0; i < 40; ++i) requests.push_back({random_ids(40, kVocab, i), 1, 0});
    (void)score_all(engine, requests);
    const std::vector<std::int64_t> by_process = engine.counters().weight_bytes_read;
    EXPECT_EQ(by_process.size(), 1u);
    return by_process.front();
  }

  const TemporaryFolder cache;
  const ScopedEnvironment own{"XDG_CACHE_HOME", cache.path()};
  const SmallCheckpoint checkpoint;
  const std::string folder;
};

TEST(WeightsRead, OnceHoweverManyComputeWithThem) {
  struct Way {
    int replicas = 1, ranks = 1, stages = 1;
  };
  for (const Way& way : std::vector<Way>{{1, 1, 1},
                                         {2, 1, 1},
                                         {3, 1, 1},
                                         {1, 2, 1},
                                         {1, 4, 1},
                                         {2, 2, 1},
                                         {1, 1, 2},
                                         {2, 1, 2},
                                         {1, 1, 4}})
    for (const bool tied : {false, true}) {
      const Reading reading(tied);
      const auto engine = reading.open(way.replicas, way.ranks, way.stages, "auto");
      const std::int64_t bytes = engine->info().weight_bytes;
      EXPECT_EQ(engine->counters().weight_bytes_read, std::vector<std::int64_t>{0})
          << "headers alone";
      // Each rank has the norms, which are whole in all of them.
      EXPECT_EQ(reading.read(*engine), bytes + (way.ranks - 1) * kNorms)
          << way.replicas << " replicas of " << way.ranks << " ranks or " << way.stages
          << " stages, " << (tied ? "tied" : "untied");
      const auto known = reading.open(way.replicas, way.ranks, way.stages, "auto");
      EXPECT_EQ(reading.read(*known), bytes + (way.ranks - 1) * kNorms - (tied ? 0 : kEmbedding))
          << "what is known is not looked through, and few rows of an embedding are read";
    }
}

/// Streamed weights come from the files for each batch; who looks through them beside the first one
/// reads no more than the embedding besides, who does so ahead of it reads all of them once more.
TEST(WeightsRead, ForEachBatchWhereTheyAreStreamed) {
  for (const bool ahead : {false, true}) {
    const Reading reading;
    const auto engine = reading.open(1, 1, 1, "streamed");
    const std::int64_t bytes = engine->info().weight_bytes;
    if (ahead) {
      (void)engine->weights_hash();
      EXPECT_EQ(engine->counters().weight_bytes_read, std::vector<std::int64_t>{bytes});
    }
    const std::int64_t read = reading.read(*engine), batches = engine->counters().batches;
    EXPECT_GE(batches, 1);
    EXPECT_EQ(read, batches * (bytes - kEmbedding) + (ahead ? bytes : kEmbedding));
  }
}

TEST(WeightsRead, NeverWhereTheyAreMade) {
  const auto engine = open_engine("synthetic:tiny");
  (void)score_all(*engine, {{{5, 6, 7}, 1, 0}});
  EXPECT_EQ(engine->counters().weight_bytes_read, std::vector<std::int64_t>{0});
  EXPECT_GT(engine->info().weight_bytes, 0);
}

}  // namespace
}  // namespace flm::test
