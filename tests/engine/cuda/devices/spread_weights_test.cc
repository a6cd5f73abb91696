// One copy of the weights on the devices of several replicas: the bits of a model that has all of
// it, also where several replicas share a device.
#include "engine/model/weights/spread_weights.h"

#include <thread>

#include "engine/cpu/cpu_backend.h"
#include "engine/cuda/cuda_backend.h"
#include "engine/cuda/runtime/runtime.h"
#include "engine/parallel/communicator.h"
#include "tests/engine/cuda/emulation/stream_queue.h"
#include "tests/engine/parallel/rank_bits.h"

namespace flm::test {
namespace {

/// Replicas and the devices that they take in turn.
struct SpreadCase {
  int replicas = 2, devices = 2;
  bool bf16 = true, early = false;
};

class Spread : public ::testing::TestWithParam<SpreadCase> {
 protected:
  void SetUp() override {
    emulation::set_device(GetParam().devices, std::int64_t{4} << 30);
    if (GetParam().early) emulation::set_eagerness(emulation::Eagerness::kEarly);
  }
  void TearDown() override {
    emulation::set_eagerness(emulation::Eagerness::kLate);
    use_device(0);
    emulation::set_device(1, std::int64_t{4} << 30);
  }
  static std::unique_ptr<Backend> backend(int replica) {
    return make_cuda_backend({replica % GetParam().devices, GetParam().bf16},
                             make_cpu_backend(1, ""));
  }
};

TEST_P(Spread, HasTheBitsOfResidentWeights) {
  const RankShape shape{.name = "odd",
                        .heads = 6,
                        .kv_heads = 3,
                        .head_dim = 16,
                        .hidden = 72,
                        .intermediate = 131,
                        .vocab = 300,
                        .biases = true,
                        .layers = 5};
  const ModelConfig config = config_of(shape);
  const auto table = std::make_shared<SeededWeights>(config, DType::kBF16);
  const std::vector<ScoreRequest> requests = rank_requests(shape.vocab, {2, 40});
  const auto alone = make_single_communicator();
  const auto resident = Model::create(config, table, *alone, backend(0));
  const std::vector<ScoreResult> expected = score_on(*resident, requests);
  const Decoded decoded = decode_some(*resident, shape.vocab);

  const int replicas = GetParam().replicas;
  std::vector<std::unique_ptr<Backend>> keepers;
  for (int replica = 0; replica < replicas; ++replica) keepers.push_back(backend(replica));
  const auto spread = std::make_shared<SpreadWeights>(config, table, std::move(keepers));
  std::vector<std::unique_ptr<Model>> models;
  for (int replica = 0; replica < replicas; ++replica)
    models.push_back(Model::create(config, table, *alone, backend(replica),
                                   {.spread = spread, .beside = replica}));
  models.front()->load_weights();
  std::vector<int> different(models.size(), -1);
  std::vector<std::thread> threads;
  for (std::size_t r = 0; r < models.size(); ++r)  // none waits for another one
    threads.emplace_back([&, r] {
      different[r] = differences(expected, score_on(*models[r], requests)) +
                     differences(expected, score_on(*models[r], requests));
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(different, std::vector<int>(models.size(), 0));
  EXPECT_TRUE(decode_some(*models.back(), shape.vocab) == decoded);
}

INSTANTIATE_TEST_SUITE_P(Cases, Spread,
                         ::testing::Values(SpreadCase{2, 2}, SpreadCase{3, 3, false},
                                           SpreadCase{4, 1}, SpreadCase{3, 2, true, true}),
                         [](const auto& one) {
                           return std::to_string(one.param.replicas) + "Over" +
                                  std::to_string(one.param.devices) +
                                  (one.param.bf16 ? "Bf16" : "Fp32");
                         });

class SpreadEngine : public ::testing::Test {
 protected:
  void SetUp() override { emulation::set_device(4, std::int64_t{4} << 30); }
  void TearDown() override {
    emulation::set_peer_access(true);
    use_device(0);
    emulation::set_device(1, std::int64_t{4} << 30);
  }
  static EngineOptions on(const std::string& device, const std::string& placement = "auto",
                          int stages = 0) {
    EngineOptions options;
    options.model = "synthetic:tiny?layers=5";
    options.device = device;
    options.threads = 2;
    options.placement = placement;
    options.pipeline_parallel = stages;
    return options;
  }
  static std::unique_ptr<Engine> open(const EngineOptions& options) {
    static SilentProgress silent;
    return Engine::open(options, silent);
  }
  static std::unique_ptr<Engine> open(const std::string& device, double memory_gib = 0) {
    EngineOptions options = on(device);
    options.model = "synthetic:tiny?layers=32";
    options.memory_gib = memory_gib;
    return open(options);
  }
  static std::vector<ScoreRequest> requests() {
    return {{random_ids(10, 256, 1), 1, 2}, {{5, 9}, 1, 0}};
  }
};

/// Where a device has room for its share and not for all of it.
TEST_F(SpreadEngine, TakesItWhereAllDoesNotFitOneDevice) {
  const std::vector<ScoreResult> expected = score_all(*open("cuda:0"), requests());
  const auto way_of = [&](double gib) {
    try {
      return open("cuda:0,1,2,3", gib)->plan(requests()).speed;
    } catch (const UserError& error) {
      return std::string("refused");
    }
  };
  const auto resident = [&](double gib) {
    const std::string way = way_of(gib);
    return way != "refused" && way.find("spread") == std::string::npos &&
           way.find("come anew") == std::string::npos;
  };
  double gib = 0, enough = 4;
  ASSERT_TRUE(resident(enough));
  for (int step = 0; step < 20; ++step) {
    const double middle = (gib + enough) / 2;
    (resident(middle) ? enough : gib) = middle;
  }
  EXPECT_NE(way_of(gib).find("one copy of the weights is spread over the devices"),
            std::string::npos)
      << way_of(gib);
  EXPECT_EQ(differences(expected, score_all(*open("cuda:0,1,2,3", gib), requests())), 0);
}

/// Where devices do not reach each other one copy cannot be read from the others: the layers go
/// over as few of them as hold them, and whoever says otherwise is obeyed.
TEST_F(SpreadEngine, LayersGoOverDevicesThatDoNotReachEachOther) {
  emulation::set_peer_access(false);
  EngineOptions options = on("cuda:0,1,2,3");
  options.model = "synthetic:tiny?layers=128";
  const auto with = [&](double gib) {
    options.memory_gib = gib;
    return open(options);
  };
  EXPECT_EQ(with(4)->info().data_parallel, 4) << "the model fits each";
  // Layers of 128 * 105 kB: in steps of a twelfth of them from where all fit to where none do.
  std::vector<int> seen;
  double two = 0;
  for (double gib = 0.26; gib > 0.19; gib -= 0.001) {
    const int stages = with(gib)->info().pipeline_parallel;
    if (seen.empty() || seen.back() != stages) seen.push_back(stages);
    if (stages == 2) two = gib;
  }
  EXPECT_EQ(seen, (std::vector{1, 2, 4, 1})) << "replicas, stages, more of them, streamed replicas";
  const auto engine = with(two);
  EXPECT_EQ(engine->info().data_parallel, 2) << "two pipelines of two";
  EXPECT_NE(engine->plan(requests()).placement.find("do not reach each other"), std::string::npos);

  options.pipeline_parallel = 1;
  EXPECT_EQ(with(two)->info().pipeline_parallel, 1) << "as it was said";
  options.pipeline_parallel = 0;
  options.placement = "streamed";
  EXPECT_EQ(with(two)->info().pipeline_parallel, 1);
  emulation::set_peer_access(true);
  options.placement = "auto";
  EXPECT_EQ(with(two)->info().pipeline_parallel, 1) << "weights are spread there";
}

/// Where they are asked to be, on other numbers of devices: the bits of one.
TEST_F(SpreadEngine, TakesThePlacementThatIsAskedFor) {
  const std::vector<ScoreResult> expected = score_all(*open(on("cuda:0")), requests());
  for (const std::string device : {"cuda:0,1", "cuda:1,2,3"})
    for (const std::string placement : {"resident", "spread", "streamed"}) {
      const auto engine = open(on(device, placement));
      EXPECT_EQ(engine->plan(requests()).placement, placement + ": as --placement says");
      EXPECT_EQ(differences(expected, score_all(*engine, requests())), 0)
          << placement << " on " << device;
    }
  EXPECT_THROW(open(on("cuda:0", "spread")), UserError) << "of one replica";
  EXPECT_THROW(open(on("cuda:0,1", "spread", 2)), UserError) << "of one replica of two stages";
  EXPECT_THROW(open(on("cuda:0", "elsewhere")), UserError);
}

/// A device holds its stage's layers: on two devices it wants more memory than on four.
TEST_F(SpreadEngine, LayersOverDevicesHaveTheBitsOfOne) {
  const auto layered = [](const std::string& device, int stages) {
    EngineOptions options = on(device, "auto", stages);
    options.model = "synthetic:tiny?layers=16";  // whose head is no longer than a stage
    return open(options);
  };
  const std::vector<ScoreResult> expected = score_all(*layered("cuda:0", 1), requests());
  std::int64_t most = layered("cuda:0", 1)->plan(requests()).bytes_peak;
  for (const auto& [device, stages] :
       std::vector<std::pair<std::string, int>>{{"cuda:0,1", 2}, {"cuda:0,1,2,3", 4}}) {
    const auto engine = layered(device, stages);
    EXPECT_EQ(engine->info().data_parallel, 1);
    const std::int64_t bytes = engine->plan(requests()).bytes_peak;
    EXPECT_LT(bytes, most);
    most = bytes;
    EXPECT_EQ(differences(expected, score_all(*engine, requests())), 0) << device;
  }
  const auto shared = layered("cuda:0", 4);  // virtual stages, all on one
  EXPECT_EQ(differences(expected, score_all(*shared, requests())), 0);
}

}  // namespace
}  // namespace flm::test
