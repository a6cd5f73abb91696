// The whole --device cuda path over the emulation.
#include <algorithm>
#include <numeric>

#include "base/errors.h"
#include "engine/checkpoint/config_json.h"
#include "engine/cuda/cuda_cost.h"
#include "tests/engine/checkpoint/small_checkpoint.h"
#include "tests/engine/cuda/cuda_fixture.h"
#include "tests/engine/cuda/emulation/block.h"
#include "tests/engine/cuda/emulation/stream_queue.h"

namespace flm::test {
namespace {

using emulation::Eagerness;
using emulation::Order;

class CudaPath : public ::testing::Test {
 protected:
  void TearDown() override {
    emulation::set_order(Order::kAscending);
    emulation::set_eagerness(Eagerness::kLate);
    emulation::set_device(1, std::int64_t{4} << 30);
  }
};

TEST_F(CudaPath, Fp32GivesTheCpuBackendsBits) {
  FLM_NEED_SHARED();
  for (const std::string& name : kCheckpoints) {
    const auto cpu = open_engine(checkpoint(name));
    const auto requests = few_requests(cpu->info());
    const auto expected = score_all(*cpu, requests);
    const auto cuda = open_cuda(checkpoint(name), Precision::kFp32);
    EXPECT_EQ(differences(expected, score_all(*cuda, requests)), 0) << name;
    EXPECT_NE(cuda->info().numerics_hash, cpu->info().numerics_hash);
  }
}

/// Greedy and sampled; a device has another order of sums in its products.
TEST_F(CudaPath, Fp32GenerationGivesTheCpusIdsAndLogprobs) {
  FLM_NEED_SHARED();
  const auto cpu = open_engine(nano()), cuda = open_cuda(nano(), Precision::kFp32);
  const auto requests = some_requests(cpu->info().vocab_rows);
  const auto expected = generate_all(*cpu, nano(), requests);
  const auto found = generate_all(*cuda, nano(), requests);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(found[i].tokens, expected[i].tokens) << i;
    EXPECT_EQ(found[i].logprobs, expected[i].logprobs) << i;
  }
}

/// Bits of a run under every order of threads and blocks, early and late streams.
void expect_one_answer(Precision precision) {
  const std::string model = checkpoint("llama-gqa-tied");
  auto requests = few_requests(open_engine(model)->info());
  requests.resize(4);  // a shared stem over a tile's border, and top k
  emulation::set_order(Order::kAscending);
  const auto expected = score_all(*open_cuda(model, precision), requests);
  for (Order order : {Order::kDescending, Order::kShuffled})
    for (Eagerness eagerness : {Eagerness::kLate, Eagerness::kEarly}) {
      emulation::set_order(order, 7);
      emulation::set_eagerness(eagerness);
      EXPECT_EQ(differences(expected, score_all(*open_cuda(model, precision), requests)), 0);
    }
}

TEST_F(CudaPath, Fp32DoesNotDependOnTheOrderOfThreads) {
  FLM_NEED_NANO();
  expect_one_answer(Precision::kFp32);
}
TEST_F(CudaPath, Bf16DoesNotDependOnTheOrderOfThreads) {
  FLM_NEED_NANO();
  expect_one_answer(Precision::kBf16);
}

/// Decoding: four warps share a tile's queries, and two prompts share a stem.
TEST_F(CudaPath, GenerationDoesNotDependOnTheOrderOfThreads) {
  FLM_NEED_NANO();
  const auto generated = [](Order order) {
    emulation::set_order(order, 7);
    const auto engine = open_cuda(nano(), Precision::kBf16);
    return generate_all(*engine, nano(), some_requests(engine->info().vocab_rows));
  };
  const auto expected = generated(Order::kAscending);
  for (Order order : {Order::kDescending, Order::kShuffled}) {
    const auto found = generated(order);
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].tokens, expected[i].tokens) << i;
      EXPECT_EQ(found[i].logprobs, expected[i].logprobs) << i;
    }
  }
}

/// tests/engine/cuda/invariance_test.cc holds small memory with late streams.
TEST_F(CudaPath, SmallMemoryGivesTheSameBitsWithEarlyStreams) {
  FLM_NEED_SHARED();
  const std::string model = checkpoint("llama-gqa-tied");
  const auto roomy = open_cuda(model, Precision::kBf16);
  const auto requests = few_requests(roomy->info());
  const auto expected = score_all(*roomy, requests);
  emulation::set_eagerness(Eagerness::kEarly);
  const auto tight =
      open_cuda(model, Precision::kBf16, least_memory(model, Precision::kBf16, requests));
  EXPECT_GT(tight->plan(requests).batches, 1);
  EXPECT_EQ(differences(expected, score_all(*tight, requests)), 0);
}

TEST_F(CudaPath, MemoryIsAsPlannedAndKept) {
  FLM_NEED_SHARED();
  const std::string model = checkpoint("teleflm-mup/safetensors");
  for (Precision precision : {Precision::kFp32, Precision::kBf16}) {
    auto requests = few_requests(open_cuda(model, precision)->info());
    for (ScoreRequest& request : requests) request.first_scored = 1;
    for (const double memory_gib : {0.0, least_memory(model, precision, requests)}) {
      emulation::reset_peak();
      const std::int64_t before = emulation::device_use().bytes;
      const auto engine = open_cuda(model, precision, memory_gib);
      score_all(*engine, requests);
      const std::int64_t allocations = emulation::device_use().allocations;
      score_all(*engine, requests);
      EXPECT_LE(emulation::device_use().peak_bytes - before, engine->plan(requests).bytes_peak);
      if (memory_gib > 0) continue;  // the second of two streamed layers may come late
      EXPECT_EQ(emulation::device_use().allocations, allocations) << "allocated again";
    }
  }
}

/// Weights that the device makes are the host's.
TEST_F(CudaPath, SyntheticWeightsAreMadeOnTheDevice) {
  const std::string model = "synthetic:tiny?seed=5";
  const auto cpu = open_engine(model), cuda = open_cuda(model, Precision::kFp32);
  auto requests = few_requests(cpu->info());
  EXPECT_EQ(differences(score_all(*cpu, requests), score_all(*cuda, requests)), 0);
  emulation::set_eagerness(Eagerness::kEarly);
  const auto narrow = open_cuda(model, Precision::kBf16);
  const auto expected = score_all(*narrow, requests);
  const auto streamed =
      open_cuda(model, Precision::kBf16, least_memory(model, Precision::kBf16, requests));
  EXPECT_EQ(differences(expected, score_all(*streamed, requests)), 0);
}

/// Weights that are read again and again are read from the file once.
TEST_F(CudaPath, StreamedWeightsStayPageLocked) {
  FLM_NEED_NANO();
  const ModelConfig config = read_model_config(nano());
  const auto table = WeightTable::open(nano(), config);
  const auto communicator = make_single_communicator();
  const std::vector<ScoreRequest> requests = {{random_ids(9, config.vocab_rows, 3), 1, 0}};
  const std::int64_t before = emulation::device_use().pinned_bytes;
  const auto kept = cuda_model(config, table, *communicator, true);
  const auto expected = score_on(*kept, requests);
  const std::int64_t ring = emulation::device_use().pinned_bytes - before;
  const auto streamed = cuda_model(config, table, *communicator, true, true);
  const auto first = score_on(*streamed, requests);
  const std::int64_t pinned = emulation::device_use().pinned_bytes;
  const auto pageable_copies = [&](Model& model) {
    const std::int64_t copies = emulation::device_use().pageable_copies;
    EXPECT_EQ(differences(expected, score_on(model, requests)), 0);
    return emulation::device_use().pageable_copies - copies;
  };
  EXPECT_EQ(differences(expected, first), 0);
  EXPECT_EQ(pageable_copies(*streamed), pageable_copies(*kept))
      << "a weight's copy from other memory may wait for what is computed";
  EXPECT_EQ(emulation::device_use().pinned_bytes, pinned) << "nothing more is taken";
  const std::int64_t h = config.hidden, f = config.intermediate;
  EXPECT_GE(pinned - before - ring, config.layers * 3 * f * h * 2) << "the layers are all there";
}

/// A pass that is given up leaves nothing behind, whatever the device has still to do.
TEST_F(CudaPath, APassIsGivenUpBetweenLayers) {
  FLM_NEED_NANO();
  const ModelConfig config = read_model_config(nano());
  const auto table = WeightTable::open(nano(), config);
  const auto communicator = make_single_communicator();
  const std::vector<ScoreRequest> requests = {{random_ids(9, config.vocab_rows, 3), 1, 0}};
  const PrefixTrie trie(requests);
  const ScoringBatch all = pack(trie, {0, trie.nodes(), 0}, requests);
  for (Eagerness eagerness : {Eagerness::kLate, Eagerness::kEarly}) {
    emulation::set_eagerness(eagerness);
    const auto kept = cuda_model(config, table, *communicator, true);
    const auto streamed = cuda_model(config, table, *communicator, true, true);
    const auto expected = score_on(*kept, requests);
    for (int last : {0, 1, config.layers - 1}) {
      int asked = 0;
      PassControl control;
      control.another = true;
      control.go_on = [&](double) { return asked++ < last; };
      EXPECT_FALSE(streamed->score(all.rows, all.queries, control).has_value());
      EXPECT_EQ(asked, last + 1);
      EXPECT_EQ(differences(expected, score_on(*streamed, requests)), 0);
    }
  }
}

/// The hash of a checkpoint is there when its weights are, and no byte was read for it alone.
TEST_F(CudaPath, WeightsAreLookedThroughWhileTheyGoUp) {
  FLM_NEED_NANO();
  SilentProgress silent;
  const ModelConfig config = read_model_config(nano());
  const auto plain = WeightTable::open(nano(), config)->check_contents(silent, false);
  const auto communicator = make_single_communicator();
  for (bool streamed : {false, true}) {
    const TemporaryFolder cache;
    const ScopedEnvironment own("XDG_CACHE_HOME", cache.path());
    const auto table = WeightTable::open(nano(), config);
    const auto model = cuda_model(config, table, *communicator, true, streamed, 2);
    EXPECT_TRUE(table->check_as_loaded(silent));
    model->load_weights();
    if (streamed) score_on(*model, {{random_ids(9, config.vocab_rows, 3), 1, 0}});
    const auto check = table->check_contents(silent, true);
    EXPECT_EQ(check.read_apart, 0);
    EXPECT_EQ(check.hash, plain.hash);
  }
}

/// Decoding by recorded steps: the bits of scoring under every order of threads, streams late and
/// early, and across the borders of pages and batches.
TEST_F(CudaPath, RecordedStepsGiveTheBitsOfScoring) {
  FLM_NEED_NANO();
  const ModelConfig config = read_model_config(nano());
  const auto table = WeightTable::open(nano(), config);
  const auto communicator = make_single_communicator();
  const std::vector<std::int32_t> tokens = random_ids(72, config.vocab_rows, 3);
  for (bool bf16 : {false, true})
    for (Eagerness eagerness : {Eagerness::kLate, Eagerness::kEarly}) {
      emulation::set_eagerness(eagerness);
      emulation::set_order(eagerness == Eagerness::kLate ? Order::kShuffled : Order::kDescending,
                           5);
      const auto model = cuda_model(config, table, *communicator, bf16);
      const auto scored = score_on(*model, {{tokens, 56, 0}}).front();
      const std::int64_t before = emulation::graph_launches();
      EXPECT_EQ(scored.logprobs, decode(*model, tokens, 56));
      EXPECT_GE(emulation::graph_launches() - before, 12)
          << "steps of one row, the first two plain";
      EXPECT_EQ(scored.logprobs, decode(*model, tokens, 56)) << "other memory";
    }
}

TEST_F(CudaPath, ADeviceThatIsNotThereIsOneClearLine) {
  FLM_NEED_NANO();
  emulation::set_device(0, 0);
  EXPECT_THROW(open_cuda(nano(), Precision::kAuto), UserError);
  emulation::set_device(1, std::int64_t{4} << 30);
  EngineOptions options;
  options.model = nano();
  SilentProgress silent;
  for (const char* device : {"cuda:1", "cuda:x", "cuda:0,1", "cuda:"}) {
    options.device = device;
    EXPECT_THROW(Engine::open(options, silent), UserError) << device;
  }
}

TEST(CudaPlan, HeadsThatNoKernelTakesAreRefused) {
  FLM_NEED_NANO();
  ModelConfig config = read_model_config(nano());
  for (const auto& [head_dim, heads, bf16] :
       {std::tuple{12, 4, true}, {264, 4, true}, {264, 4, false}, {64, 34, true}}) {
    config.head_dim = head_dim;
    config.heads = heads;
    config.kv_heads = 2;
    EXPECT_THROW(cuda_cost_of(config, 1, bf16, 512), UserError) << head_dim << " " << heads;
  }
  config.head_dim = 12;
  config.heads = 4;
  EXPECT_NO_THROW(cuda_cost_of(config, 1, false, 512));
}

/// What scripts/gpu-figures states of Tele-FLM 52B: hidden states gathered and normed, and the
/// logits.
TEST(CudaPlan, TheHeadsChunk) {
  constexpr std::int64_t kVocabulary = 80384, kHidden = 8192;
  const std::int64_t rows = head_chunk_rows(kVocabulary, kCudaHeadChunkBytes);
  EXPECT_GE(rows, 1024);
  const std::int64_t bytes = rows * (4 * kVocabulary + 8 * kHidden + 64);
  EXPECT_LE(bytes, 1'000'000'000);
  EXPECT_NEAR(static_cast<double>(bytes) / 1e9, 0.78, 0.005);
}

}  // namespace
}  // namespace flm::test
