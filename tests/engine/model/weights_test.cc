// Weights on their way: fetched ahead, given up between layers, looked through while they are used.
#include <chrono>
#include <map>
#include <mutex>
#include <thread>

#include "engine/backends.h"
#include "engine/checkpoint/config_json.h"
#include "engine/checkpoint/weight_table.h"
#include "engine/cpu/cpu_backend.h"
#include "engine/model/pipeline.h"
#include "engine/model/rank_group.h"
#include "engine/model/weights/shared_weights.h"
#include "engine/parallel/communicator.h"
#include "tests/engine/checkpoint/small_checkpoint.h"
#include "tests/engine/fixture.h"
#include "tests/engine/parallel/rank_bits.h"
#include "tests/error_of.h"

namespace flm::test {
namespace {

/// Counts what is loaded, and knows by whom.
class CountingTable : public WeightTable {
 public:
  explicit CountingTable(std::shared_ptr<WeightTable> table) : table_(std::move(table)) {}
  Loaded load(const std::string& name) const override {
    {
      const std::lock_guard lock(mutex_);
      ++loads_[name];
      by_[name] = std::this_thread::get_id();
    }
    return table_->load(name);
  }
  DType dtype() const override { return table_->dtype(); }
  std::int64_t bytes() const override { return table_->bytes(); }
  std::int64_t parameters() const override { return table_->parameters(); }
  ContentCheck check_contents(Progress& progress, bool use_cache) const override {
    return table_->check_contents(progress, use_cache);
  }
  int loads(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    return loads_[name];
  }
  /// Whether it was loaded last by a thread that fetches ahead of this one.
  bool ahead(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    return by_.at(name) != std::this_thread::get_id();
  }
  /// Whether it comes to so many in ten seconds.
  bool reaches(const std::string& name, int count) const {
    for (int i = 0; i < 1000 && loads(name) < count; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return loads(name) == count;
  }

 private:
  const std::shared_ptr<WeightTable> table_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, int> loads_;
  mutable std::map<std::string, std::thread::id> by_;
};

/// A batch of nano and what it is asked.
class WeightsOnTheirWay : public ::testing::Test {
 protected:
  void SetUp() override {
    FLM_NEED_NANO();
    config = read_model_config(nano());
    requests = {{random_ids(70, config.vocab_rows, 3), 1, 0}};
    trie = std::make_unique<PrefixTrie>(requests);
    ScoringBatch all = pack(*trie, {0, trie->nodes(), 0}, requests);
    batch = std::move(all.rows);
    queries = std::move(all.queries);
    expected = logprobs(model(false)->score(batch, queries));
  }
  std::unique_ptr<Model> model(bool streamed) {
    table = std::make_shared<CountingTable>(WeightTable::open(nano(), config));
    return Model::create(config, table, *communicator, make_cpu_backend(2, ""), {streamed});
  }
  static std::vector<float> logprobs(const std::vector<HeadAnswer>& answers) {
    std::vector<float> values;
    for (const HeadAnswer& answer : answers)
      values.insert(values.end(), answer.logprobs.begin(), answer.logprobs.end());
    return values;
  }

  ModelConfig config;
  std::vector<ScoreRequest> requests;
  std::unique_ptr<PrefixTrie> trie;
  PackedBatch batch;
  std::vector<HeadQuery> queries;
  std::vector<float> expected;
  const std::unique_ptr<Communicator> communicator = make_single_communicator();
  std::shared_ptr<CountingTable> table;
};

constexpr const char* kFirst = "model.layers.0.mlp.down_proj.weight";  // the layer's last matrix
constexpr const char* kNorm = "model.norm.weight";                     // the head's first tensor

TEST_F(WeightsOnTheirWay, TheFirstLayerOfTheNextBatchComesWhileTheHeadComputes) {
  const auto streamed = model(true);
  PassControl control;
  control.another = true;
  EXPECT_EQ(logprobs(*streamed->score(batch, queries, control)), expected);
  EXPECT_TRUE(table->reaches(kFirst, 2)) << "nobody has asked for the next batch yet";
  EXPECT_EQ(logprobs(streamed->score(batch, queries)), expected);
  EXPECT_EQ(table->loads(kFirst), 2) << "what came ahead is taken";
  EXPECT_EQ(table->loads(kNorm), 2);
}

TEST_F(WeightsOnTheirWay, TheHeadComesWhileTheLastLayerComputes) {
  const auto streamed = model(true);
  EXPECT_EQ(logprobs(streamed->score(batch, queries)), expected);
  EXPECT_TRUE(table->ahead(kNorm));
  EXPECT_EQ(table->loads(kNorm), 1);
  EXPECT_EQ(table->loads(kFirst), 1) << "no other batch was announced";
  EXPECT_FALSE(table->ahead(kFirst)) << "nobody could know";
  PackedBatch asked_nothing = batch;
  asked_nothing.head_rows.clear();
  const auto storage = streamed->make_kv_storage(batch.rows() + 64);
  EXPECT_TRUE(streamed->forward(asked_nothing, *storage).empty());
  EXPECT_EQ(table->loads(kNorm), 1) << "a prompt's part that nobody reads needs no head";
}

TEST_F(WeightsOnTheirWay, APassIsGivenUpBetweenLayersAndTheNextHasTheSameBits) {
  for (bool streamed : {false, true}) {
    const auto model = this->model(streamed);
    int asked = 0;
    PassControl control;
    control.go_on = [&](double done) {
      EXPECT_DOUBLE_EQ(done, static_cast<double>(asked) / config.layers);
      return ++asked < 3;
    };
    EXPECT_FALSE(model->score(batch, queries, control).has_value());
    EXPECT_EQ(asked, 3) << "before each layer, and no more";
    EXPECT_EQ(table->loads(kNorm), 0);
    EXPECT_EQ(logprobs(model->score(batch, queries)), expected) << streamed;
  }
}

/// Ranks that disagreed would wait for each other.
TEST_F(WeightsOnTheirWay, AllRanksGiveUpAtOnce) {
  const auto group =
      make_rank_group(config, WeightTable::open(nano(), config),
                      make_backends({.threads = 2, .ranks = 2}, 0, 0, nullptr), {true});
  const std::vector<float> before = logprobs(group->score(batch, queries));
  for (int last : {0, 1, config.layers - 1}) {
    int asked = 0;
    PassControl control;
    control.go_on = [&](double) { return asked++ < last; };
    EXPECT_FALSE(group->score(batch, queries, control).has_value());
    EXPECT_EQ(asked, last + 1) << "once for both";
  }
  EXPECT_EQ(logprobs(group->score(batch, queries)), before);
}

/// Hash and NaN check of what is loaded, by whichever way: nothing is left to be read apart.
TEST_F(WeightsOnTheirWay, AreLookedThroughWhileTheyAreLoaded) {
  SilentProgress silent;
  const auto plain = WeightTable::open(nano(), config)->check_contents(silent, false);
  EXPECT_EQ(plain.read_apart, table->bytes());
  for (bool streamed : {false, true}) {
    const TemporaryFolder cache;
    const ScopedEnvironment own("XDG_CACHE_HOME", cache.path());
    const auto files = WeightTable::open(nano(), config);
    const auto model =
        Model::create(config, files, *communicator, make_cpu_backend(2, ""), {streamed});
    EXPECT_TRUE(files->check_as_loaded(silent));
    model->load_weights();
    if (streamed) (void)model->score(batch, queries);
    const auto check = files->check_contents(silent, true);
    EXPECT_EQ(check.read_apart, 0) << streamed;
    EXPECT_EQ(check.hash, plain.hash);
    EXPECT_FALSE(files->check_as_loaded(silent)) << "known without reading";
    EXPECT_EQ(logprobs(model->score(batch, queries)), expected);
  }
}

TEST(WeightsThatAreNotFinite, HaveNoScoresWhereTheyAreStreamedEither) {
  SmallCheckpoint model(Json{{"num_hidden_layers", 4}});
  model.tensors.at("model.layers.2.mlp.up_proj.weight").bytes.replace(6, 2, "\xC0\x7F");  // NaN
  const std::string bad = model.write();
  for (bool streamed : {false, true}) {
    const TemporaryFolder cache;
    const ScopedEnvironment own("XDG_CACHE_HOME", cache.path());
    const std::vector<ScoreRequest> requests = {{{1, 2, 3}, 1, 0}, {{5}, 1, 0}};
    double gib = 0.5;
    if (streamed) {
      const auto fits = [&](double less) {
        return error_of([&] { (void)open_engine(bad, 2, less)->plan(requests); }).empty();
      };
      for (double low = 0; gib - low > 1e-7;) {  // the least that is enough
        const double middle = (low + gib) / 2;
        (fits(middle) ? gib : low) = middle;
      }
    }
    const auto engine = open_engine(bad, 2, gib);
    const std::atomic<bool> stop = false;
    int delivered = 0;
    const std::string message = error_of([&] {
      engine->score(
          requests, [&](std::size_t, ScoreResult&&) { ++delivered; }, [] {}, stop);
    });
    EXPECT_NE(message.find("NaN"), std::string::npos) << message;
    EXPECT_EQ(delivered, 0);
    EXPECT_EQ(engine->counters().batches, streamed ? 1 : 0) << "looked through beside a batch";

    const auto again = open_engine(bad, 2, gib);  // what is known by now computes nothing
    EXPECT_EQ(error_of([&] {
                again->score(
                    requests, [&](std::size_t, ScoreResult&&) { ++delivered; }, [] {}, stop);
              }),
              message);
    EXPECT_EQ(again->counters().batches, 0);
    EXPECT_EQ(delivered, 0);
  }
}

/// Each matrix is asked for once, however many models of a process compute with it.
void expect_read_once(const ModelConfig& config, const CountingTable& table) {
  for (const WeightSpec& spec : expected_weights(config))
    if (spec.shape.size() == 2) {
      EXPECT_EQ(table.loads(spec.name), 1) << spec.name;
    }
}

TEST(WeightsOfSeveralModels, AreReadOnce) {
  RankShape shape = rank_shapes().front();
  shape.layers = 4;
  const ModelConfig config = config_of(shape);
  const std::vector<ScoreRequest> requests = rank_requests(shape.vocab, {9});
  const auto counting = [&] {
    return std::make_shared<CountingTable>(std::make_shared<SeededWeights>(config));
  };
  const auto score_with = [&](Model& model) {
    model.load_weights();
    return score_on(model, requests);
  };
  {
    const auto table = counting();
    const auto alone = make_single_communicator();
    const auto shared = std::make_shared<SharedWeights>(config, table, make_cpu_backend(1, ""), 1);
    for (int replica = 0; replica < 3; ++replica)
      (void)score_with(
          *Model::create(config, table, *alone, make_cpu_backend(1, ""), {.shared = shared}));
    expect_read_once(config, *table);
  }
  {
    const auto table = counting();
    std::vector<std::unique_ptr<Backend>> stages;
    for (int stage = 0; stage < 3; ++stage) stages.push_back(make_cpu_backend(1, ""));
    for (const auto& model : make_pipeline(config, table, std::move(stages)))
      (void)score_with(*model);
    expect_read_once(config, *table);
  }
}

}  // namespace
}  // namespace flm::test
